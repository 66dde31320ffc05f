create table t (id int, a int, b varchar(20), primary key (id) using btree, key ka (a) using btree, unique ub (b) using btree);
insert into t values (1, 2, 'x');
create table m (id int primary key, a int, key (a) using btree) engine=memory;
-- =>
create table t (id int, a int, b varchar(20), primary key (id), key ka (a), unique ub (b), key both_of (a, b) using btree key_block_size=4) comment 'x';
insert into t values (1, 2, 'x');
create table m (id int, a int, primary key (id) using hash, key (a) using hash) engine=memory;
