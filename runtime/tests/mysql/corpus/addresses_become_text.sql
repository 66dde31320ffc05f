create table t (id int primary key, u uuid, i inet6, i4 inet4);
insert into t values (1, uuid(), '::1', '1.2.3.4');
-- =>
create table t (id int primary key, u char(36), i varchar(50), i4 varchar(15));
insert into t values (1, uuid(), '::1', '1.2.3.4');
