create table p (code varchar(5) primary key) collate utf8mb4_general_ci;
create table c (id int primary key, code varchar(5), constraint f foreign key (code) references p (code)) collate utf8mb4_general_ci;
insert into p values ('a');
insert into c values (1,'a');
-- =>
create table p (code varchar(5) primary key) collate utf8mb4_bin;
create table c (id int primary key, code varchar(5), constraint f foreign key (code) references p (code)) collate utf8mb4_bin;
insert into p values ('a');
insert into c values (1,'a');
