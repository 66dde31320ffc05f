create table t (id int primary key);
insert into t values (1);
-- =>
create table t (id int primary key, a timestamp not null default current_timestamp, b datetime not null default current_timestamp on update current_timestamp, c timestamp null on update current_timestamp);
insert into t (id) values (1);
