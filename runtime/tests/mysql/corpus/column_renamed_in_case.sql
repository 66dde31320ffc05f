create table t (Id int primary key, Name varchar(9), key ix (Name), check (length(Name) > 0), Loud varchar(20) as (ucase(Name)));
insert into t (Id, Name) values (1, 'a');
-- =>
create table t (id int primary key, name varchar(19) not null, key ix (name), check (length(name) > 0), Loud varchar(20) as (ucase(name)));
insert into t (id, name) values (1, 'a');
