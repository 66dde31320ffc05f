create table t (id int primary key, a varchar(20) default '😀', b enum('é','\t','a,b') default 'a,b') comment 'naïve 😀';
insert into t values (1,'😀','é');
-- =>
create table t (id int primary key, a varchar(25) default '\n', b enum('a,b','é','\t','(x)') default '(x)') comment 'line\nbreak; -- x'; insert into t values (1,'😀','é');
