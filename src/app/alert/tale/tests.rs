//! Mails of a simulated past: each incident told once, and quiet weeks not at all.

use super::*;
