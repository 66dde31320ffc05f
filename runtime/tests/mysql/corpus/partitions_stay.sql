create table t (a int) partition by range (a) (partition p0 values less than (10), partition p1 values less than maxvalue);
insert into t values (1);
-- =>
create table t (a int, b int) partition by range (a) (partition p0 values less than (10), partition p1 values less than maxvalue);
insert into t values (1,2);
