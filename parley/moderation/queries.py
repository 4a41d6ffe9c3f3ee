"""All SQL on reports, warnings and the audit log; rules and texts, domains and figures have files of their own."""

OWNED_TABLES = (
    "reports", "account_warnings", "audit_entries", "rules", "site_texts", "blocked_domains", "allowed_domains",
    "daily_figures", "retention_figures",
)  # fmt: skip
