//! The one test binary: a module for each behaviour that somebody outside can see.

mod architecture;
mod mail;
mod pass_independent;
mod smoke_tmp;
