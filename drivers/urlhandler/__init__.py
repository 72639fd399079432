"""Addresses that pyserial learns from us: `drivers.serial_port` adds this package to its search path."""
