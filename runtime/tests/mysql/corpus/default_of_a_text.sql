create table t (id int primary key, a text default 'x', b blob default 'y', c json default '[]');
insert into t (id) values (1);
-- =>
create table t (id int primary key, a text not null, b blob, c json default (json_array(1)));
insert into t values (1,'x','y','[]');
