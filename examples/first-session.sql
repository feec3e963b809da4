-- From nothing to a network and a queue, changed, and away again. Run it with: npx iasql sql -f examples/first-session.sql
SELECT * FROM iasql_install('aws_vpc', 'aws_sqs');

INSERT INTO vpc (cidr_block, tags) VALUES ('10.0.0.0/16', '{"Name":"first"}');
INSERT INTO subnet (vpc_id, cidr_block, availability_zone)
  SELECT id, '10.0.1.0/24', 'us-east-1a' FROM vpc WHERE tags->>'Name' = 'first';
INSERT INTO queue (name) VALUES ('jobs');

SELECT action, table_name, natural_name, reason FROM iasql_preview();
SELECT action, table_name FROM iasql_apply() ORDER BY table_name;
SELECT cidr_block, state, vpc_id LIKE 'vpc-%' AS has_cloud_id FROM vpc WHERE tags->>'Name' = 'first';

UPDATE queue SET visibility_timeout = 60 WHERE name = 'jobs';
SELECT action, table_name, changed FROM iasql_preview();
SELECT action, table_name FROM iasql_apply();
SELECT * FROM iasql_sync();

DELETE FROM queue WHERE name = 'jobs';
DELETE FROM subnet WHERE cidr_block = '10.0.1.0/24';
DELETE FROM vpc WHERE tags->>'Name' = 'first';
SELECT action, table_name FROM iasql_apply() ORDER BY table_name;
SELECT count(*) AS left_to_do FROM iasql_preview();
