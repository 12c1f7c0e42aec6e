"""Creates what several processes share: who holds which user's connection, and token buckets."""

import peewee


def up(migrator, db):
    class base(db.Model):
        class Meta:
            legacy_table_names = False

    class Gateway(base):
        id = peewee.TextField(primary_key=True)
        seen_at = peewee.BigIntegerField()

        class Meta:
            table_name = "gateways"

    class Connection(base):
        user_id = peewee.TextField(primary_key=True)
        connection_id = peewee.TextField(null=True)
        login_id = peewee.TextField(null=True)
        gateway_id = peewee.TextField(null=True, index=True)
        is_online = peewee.BooleanField()
        left_at = peewee.BigIntegerField(null=True, index=True)
        version = peewee.BigIntegerField()

        class Meta:
            table_name = "connections"

    class RateBucket(base):
        key = peewee.TextField(primary_key=True)
        tokens = peewee.DoubleField()
        taken_at = peewee.DoubleField()
        was_allowed = peewee.BooleanField()

        class Meta:
            table_name = "rate_buckets"

    tables = [Gateway, Connection, RateBucket]
    db.create_tables(tables, safe=False)
    if isinstance(db, peewee.PostgresqlDatabase):
        for table in tables:
            for field in table._meta.sorted_fields:
                if isinstance(field, peewee.TextField):
                    db.execute_sql(
                        f'ALTER TABLE "{table._meta.table_name}"'
                        f' ALTER COLUMN "{field.column_name}" TYPE text COLLATE "C"'
                    )


def down(migrator, db):
    db.execute_sql("DROP TABLE rate_buckets")
    db.execute_sql("DROP TABLE connections")
    db.execute_sql("DROP TABLE gateways")
