create table t (id int primary key, a varchar(300), b varchar(300), key (a(100)), key two_of (a(10), b(20))) ;
insert into t values (1,'a','b');
-- =>
create table t (id int primary key, a varchar(30), b text, key (a), key two_of (a(10), b(30)));
insert into t values (1,'a','b');
