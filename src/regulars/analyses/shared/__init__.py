"""What several analyses use: filters, first orders, discount bands, buyer types, columns."""
