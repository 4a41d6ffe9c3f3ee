"""Every check of `parley audit leaks`, in the order of its table: those without a limit on strangers first."""

from parley.cli.leaks import answers, guesses, kept, metadata, surroundings
from parley.cli.leaks.outcome import Check, Finding, Ground, skipped

CHECKS: tuple[Check, ...] = (
    Check("https", "the public address", surroundings.https),
    Check("file modes", "who on this machine may read what is kept", surroundings.modes_of_files),
    Check("backups", "dumps beside the master keys", surroundings.backups),
    Check("master keys", "whether the database holds what opens it", kept.master_keys_apart),
    Check("words", "reading posts, notes and addresses in the database", kept.sealed_words),
    Check("mail", "getting in without an address of one's own", surroundings.mail),
    Check("outgoing", "having this server ask addresses inside", surroundings.outgoing),
    Check("old traces", "addresses, mails, links and files kept too long", kept.left_over),
    Check("deletions", "finding again what the ledger says was deleted", kept.ledger),
    Check("stored files", "files that nothing refers to", kept.stored),
    Check("metadata", "camera, place and names in stored files", metadata.stored_files),
    Check("ids", "walking through members and files", guesses.random_ids),
    Check("limits", "asking as often as one likes", guesses.own_limits),
    Check("walking", "leafing back through everything without signing in", guesses.wall),
    Check("pages", "what pages let scripts, frames and caches do", answers.headers_of_pages),
    Check("files", "having a file run as a page", answers.headers_of_files),
    Check("cookies", "reading them from scripts, other sites, the wire", answers.cookies),
    Check("refusals", "odd requests, for what errors tell", answers.refusals),
    Check("membership", "whether a name or an address is a member's", answers.who_is_a_member),
    Check("hidden posts", "private and direct posts, by their ids", guesses.hidden_statuses),
    Check("deleted posts", "deleted posts, by ids that homes remember", guesses.deleted_statuses),
    Check("private files", "files of hidden posts, without a good seal", guesses.guarded_files),
    Check(
        "members' things",
        "lists, filters, drafts, messages, reports, by their ids",
        guesses.things_of_members,
    ),
    Check("neighbours", "ids beside a known one", guesses.neighbours),
)


async def findings_of(ground: Ground) -> list[Finding]:
    """Raises OwnServerSilent when the server does not answer at all."""
    await ground.server.ask("/health")
    findings = []
    for check in CHECKS:
        try:
            outcome = await check.look(ground)
        except guesses.Stopped as stopped:
            outcome = skipped(str(stopped))
        findings.append(Finding(check.name, check.tried, outcome.verdict, outcome.said))
    return findings
