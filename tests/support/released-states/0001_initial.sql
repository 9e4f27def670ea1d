-- state.db as the migrations up to 0001_initial made and left it. Never edit: it is what stands on disks.
CREATE TABLE "kysely_migration" ("name" varchar(255) not null primary key, "timestamp" varchar(255) not null);
CREATE TABLE "kysely_migration_lock" ("id" varchar(255) not null primary key, "is_locked" integer default 0 not null);
CREATE TABLE "runs" ("id" text primary key, "resource" text not null, "status" text not null, "started_at" text not null, "manifest" text not null);
CREATE INDEX "runs_by_resource" on "runs" ("resource", "started_at", "id");
CREATE INDEX "runs_by_start" on "runs" ("started_at", "id");
CREATE TABLE "checkpoints" ("stream" text primary key, "checkpoint" text not null, "updated_at" text not null);
CREATE TABLE "deliveries" ("id" text primary key, "resource" text not null, "created_at" text not null, "delivery" text not null);
CREATE INDEX "deliveries_by_start" on "deliveries" ("created_at", "id");
INSERT INTO "kysely_migration" VALUES ('0001_initial', '2026-11-21T15:36:44.714Z');
INSERT INTO "kysely_migration_lock" VALUES ('migration_lock', 0);
INSERT INTO "runs" VALUES ('0195503a-6000-7000-8000-000000000001', 'orders', 'complete', '2026-03-01T08:00:00.000Z', '{"id":"0195503a-6000-7000-8000-000000000001","pipeline":"shop","resource":"orders","status":"complete","startedAt":"2026-03-01T08:00:00.000Z","counts":{"read":5,"written":4,"deadLettered":1,"filtered":0,"expanded":0,"merged":0,"warnings":0,"batches":1,"bytesRead":120,"retries":0},"durations":{"load":12.5},"schemaChanges":[],"preflight":[{"name":"source: connect","ok":true,"detail":"fine"}],"host":"pipeline-1","pid":4711,"finishedAt":"2026-03-01T08:00:05.000Z","to":{"cursor":"2026-03-01"},"sink":"warehouse.public.orders"}');
INSERT INTO "runs" VALUES ('0195503b-6000-7000-8000-000000000002', 'orders', 'running', '2026-03-01T08:00:00.000Z', '{"id":"0195503b-6000-7000-8000-000000000002","pipeline":"shop","resource":"orders","status":"running","startedAt":"2026-03-01T08:00:00.000Z","counts":{"read":5,"written":4,"deadLettered":1,"filtered":0,"expanded":0,"merged":0,"warnings":0,"batches":1,"bytesRead":120,"retries":0},"durations":{"load":12.5},"schemaChanges":[],"preflight":[{"name":"source: connect","ok":true,"detail":"fine"}],"host":"pipeline-1","pid":4711,"shard":{"index":0,"count":2}}');
INSERT INTO "checkpoints" VALUES ('shop/orders', '{"sequence":7,"position":{"cursor":"2026-03-01"},"complete":true}', '2026-03-01T08:00:05.000Z');
INSERT INTO "deliveries" VALUES ('0195503a-6000-7000-8000-00000000000a', 'orders', '2026-03-01T08:00:06.000Z', '{"id":"0195503a-6000-7000-8000-00000000000a","alert":"dead_letters","pipeline":"shop","resource":"orders","run":"0195503a-6000-7000-8000-000000000001","template":"generic","host":"hooks.example","status":"delivered","attempts":1,"statusCode":204,"createdAt":"2026-03-01T08:00:06.000Z","finishedAt":"2026-03-01T08:00:06.200Z"}');
