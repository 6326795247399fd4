-- What was approved, and from which account: the digest of the content that was previewed, and the
-- system's user beside the name a person gave. '' for notices approved before, or by nobody.
alter table notices add column approved_content text not null default '';
alter table notices add column approved_user text not null default '';
