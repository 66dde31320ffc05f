create table T (Id int primary key, `Name` varchar(9));
insert into T values (1,'a');
-- =>
create table T (Id bigint primary key, `Name` varchar(19) not null, constraint `CK_Name` check (`Name` <> ''));
insert into T values (1,'a');
