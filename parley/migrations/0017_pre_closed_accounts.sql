-- Accounts that are no more: their name stays, nothing begins at them any longer, and doors say that they are gone.

alter table account_counts add column erased boolean not null default false;

-- Those that staff erased before this was noted: suspended, of this server, and without a login.
update account_counts c set erased = true
from accounts a
where a.bucket = c.bucket and a.id = c.account_id and a.domain is null and a.suspended_at is not null
    and not exists (select from users u where u.bucket = a.bucket and u.account_id = a.id);
