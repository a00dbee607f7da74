def write_tables(): pass
