create table t (id int primary key, a enum('x','y') default 'x', b set('p','q') default 'p,q') default charset=utf8mb4;
insert into t values (1,'y','q');
-- =>
create table t (id int primary key, a varchar(10) default 'x', b varchar(20)) default charset=utf8mb4;
insert into t values (1,'y','q');
