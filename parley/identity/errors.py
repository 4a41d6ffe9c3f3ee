"""What may be refused around accounts: sign-in, a login that isn't ready, OAuth's documented errors."""

from typing import ClassVar

from parley.kit.errors import Conflict, Forbidden, Gone, ParleyError, Unauthorized
from parley.kit.ids import AccountId, TokenId

# Signing in


class WrongPassword(Unauthorized):
    """One sentence for an unknown name and a wrong password: which names exist is nobody's business."""

    default = "The name or the password is wrong"


class WrongCode(Unauthorized):
    """Wrong, too old, used before, or nobody's: a guesser learns no more."""

    default = "The code is wrong or was used before"


class TookTooLong(Unauthorized):
    default = "That took too long. Please sign in once more"


class ProofDue(Forbidden):
    """What this does is too grave for an open browser alone: the password, and the code, come first."""

    default = "Please give your password once more"


class SecondFactorOn(Conflict):
    default = "Two-factor sign-in is on already"


class SecretSpent(Forbidden):
    """A link out of a mail that is used up, too old, or not ours."""

    default = "This link is no longer valid"


class LoginNotReady(Forbidden):
    """The right password or token of a member who may not act (yet); the page needs to know whose."""

    def __init__(self, account_id: AccountId) -> None:
        super().__init__()
        self.account_id = account_id


class AddressUnconfirmed(LoginNotReady):
    default = "Your login is missing a confirmed e-mail address"


class ApprovalPending(LoginNotReady):
    default = "Your login is waiting for approval"


class LoginDisabled(LoginNotReady):
    default = "Your login is disabled"


class LoginSuspended(LoginNotReady):
    default = "Your account is suspended"


class SecondFactorDue(LoginNotReady):
    default = "Your login asks for a code of your authenticator app"


# Leaving


class AccountGone(Gone):
    """Closed by its member, or erased by staff."""

    default = "This account no longer exists"


class LastAdministrator(Conflict):
    """Somebody has to be able to run the site, and to give others a role."""

    default = "You are the last administrator. Give somebody else this role first"


# Signing up


class RegistrationsClosed(Forbidden):
    default = "This server takes no new members at present"


# OAuth (RFC 6749, section 5.2): `code` is the machine's word, `shown` the developer's


class OAuthRefusal(ParleyError):
    status = 400
    code: ClassVar[str]


class InvalidRequest(OAuthRefusal):
    code = "invalid_request"
    default = "A parameter is missing, repeated or malformed"


class InvalidClient(OAuthRefusal):
    status = 401
    code = "invalid_client"
    default = "The application is unknown, or its secret is wrong"


class InvalidGrant(OAuthRefusal):
    code = "invalid_grant"
    default = "The code or password is wrong, expired, used already, or was given to another application"


class CodeReplayed(InvalidGrant):
    """A code came a second time: one of the two holders stole it, so the token it made must go."""

    def __init__(self, token_id: TokenId | None) -> None:
        super().__init__()
        self.token_id = token_id


class InvalidScope(OAuthRefusal):
    code = "invalid_scope"
    default = "A scope is unknown, or more than the application registered for"


class UnsupportedGrantType(OAuthRefusal):
    code = "unsupported_grant_type"
    default = "This grant type is not supported here"


class UnauthorizedClient(OAuthRefusal):
    status = 403
    code = "unauthorized_client"
    default = "This token belongs to another application"


class AuthorizationRefused(ParleyError):
    """The request to authorize can't be granted. With `redirect_to` the browser may be sent back there.

    Without it, the application or its address could not be trusted: tell the person, redirect nowhere.
    """

    status = 400
    default = "This application asked in a way that can't be answered"

    def __init__(self, code: str, shown: str, redirect_to: str | None = None) -> None:
        super().__init__(shown)
        self.code = code
        self.redirect_to = redirect_to
