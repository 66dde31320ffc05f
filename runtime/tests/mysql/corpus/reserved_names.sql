create table `order` (`key` int primary key, `group` varchar(3) not null default '', `a b` int, check (`a b` > 0)) ;
insert into `order` values (1,'x',2);
-- =>
create table `order` (`key` int primary key, `group` varchar(3), `a b` int, `c-d` int as (`a b` + 1), check (`a b` > `key`)) ;
insert into `order` (`key`,`group`,`a b`) values (1,'x',2);
