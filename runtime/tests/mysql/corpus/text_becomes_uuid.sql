create table t (id int primary key, a char(36));
insert into t values (1,'12345678-1234-1234-1234-123456789012');
-- =>
create table t (id int primary key, a uuid);
insert into t values (1,'12345678-1234-1234-1234-123456789012');
