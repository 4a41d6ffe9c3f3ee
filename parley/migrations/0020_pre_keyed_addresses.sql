-- Addresses of mail are looked up by a hash under the server's secret, which is a byte longer than those from before; a job
-- hashes these anew, and the index is empty then.

create index concurrently email_addresses_unkeyed on email_addresses (email_hash) where octet_length(email_hash) = 32;
