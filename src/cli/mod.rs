//! The command line: arguments in, tables, JSON and exit codes out.

mod words;
