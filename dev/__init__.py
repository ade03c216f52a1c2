"""Tools of the people who change this code; nothing here runs in an installation."""
