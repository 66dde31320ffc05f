create table t (id int primary key, v int as (id+1) virtual, w int as (v+1) virtual) ;
insert into t (id) values (1);
-- =>
create table t (id bigint primary key, v bigint as (id+2) virtual, w bigint as (v+1) stored) ;
insert into t (id) values (1);
