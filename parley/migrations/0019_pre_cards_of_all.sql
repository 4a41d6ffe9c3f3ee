-- Every status that bears a card stands with it, so that a card goes with its last bearer. `listed`: everybody may find
-- the status by its link.

alter table card_entries add column listed boolean not null default true;

insert into card_entries (bucket, card_id, status_id, account_id, listed)
select c.bucket, c.id, s.id, s.account_id, false
from statuses s join preview_cards c on c.id = s.card_id
on conflict do nothing;

-- What nobody bears any more looks as if it had shown nothing, and the job that forgets such cards takes it out.
update preview_cards c set title = ''
where not exists (select 1 from card_entries e where e.bucket = c.bucket and e.card_id = c.id);

create index preview_cards_empty on preview_cards (fetched_at) where title = '';
