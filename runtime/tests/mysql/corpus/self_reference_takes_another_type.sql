create table t (id int primary key, up int, constraint self foreign key (up) references t (id) on delete cascade);
insert into t values (1,null),(2,1);
-- =>
create table t (id bigint primary key, up bigint, constraint self foreign key (up) references t (id) on delete set null);
insert into t values (1,null),(2,1);
