create table t (id int unsigned primary key);
create table c (id int, t int unsigned, key (t), constraint x foreign key (t) references t (id));
insert into t values (1);
insert into c values (1,1);
-- =>
create table t (id bigint unsigned primary key auto_increment);
create table c (id int, t bigint unsigned not null, key (t), constraint y foreign key (t) references t (id) on delete cascade);
insert into t values (1);
insert into c values (1,1);
