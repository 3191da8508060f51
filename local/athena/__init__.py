"""Athena of the embedded AWS: Athena SQL (Trino's dialect) run by DuckDB over objects of S3 and tables of Glue.

The map, in the order a query takes:

- `install` puts this engine in the place of MiniStack's and checks that each patched target still exists;
- `callers` finds out who calls and makes clients that sign as that principal, so that roles are enforced;
- `executions` is the API: StartQueryExecution, StopQueryExecution and GetQueryResults;
- `statements` says what kind of statement a text is, `functions` refuses functions which Athena does not have;
- `query` runs one statement; it asks
  `catalog` (Glue), `predicates` and `projection` which partitions have to be read, `objects` for their bytes,
  `relations` for a view with Glue's column types, `dialect` for DuckDB's words, `sandbox` for a connection that
  reaches nothing else;
- `results` writes and pages a SELECT's result file, `unload` writes UNLOAD and CTAS, `texts` spells values as Athena;
- `errors` holds the errors, with Athena's names and words.

Everything else of the service (workgroups, named queries, data catalogs, tags) stays MiniStack's.
"""
