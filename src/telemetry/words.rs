//! Closed lists of label values that only the daemon's own metrics use.
//!
//! Knows no figure. A newcomer may ask why a source maps its faults to so few kinds: a label is for
//! an alert to choose by, and the log line has the words.

macro_rules! words {
    ($(#[doc = $about:literal])+ $name:ident { $($(#[doc = $doc:literal])+ $word:ident = $text:literal,)+ }) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[doc = $doc])+ $word,)+
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [$name] = &[$($name::$word,)+];

            /// The word for labels, logs and tests.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($name::$word => $text,)+ }
            }
        }
    };
}

words! {
    /// What went wrong at a source.
    SourceError {
        /// No connection to a broker, or none that lasts.
        Connection = "connection",
        /// TLS or SASL refused.
        Authentication = "authentication",
        /// The broker does not allow it.
        Authorization = "authorization",
        /// The topic or partition is not there.
        UnknownTopic = "unknown_topic",
        /// The position is not, or no longer, in the partition.
        Position = "position",
        /// Reading failed otherwise.
        Fetch = "fetch",
        /// The group's offset could not be committed; the books are not touched by that.
        OffsetCommit = "offset_commit",
        /// The consumer group refused or lost this member.
        Group = "group",
        /// A file could not be listed, opened or read.
        File = "file",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// How the assigned partitions changed.
    Rebalance {
        /// Partitions were given.
        Assigned = "assigned",
        /// Partitions were taken in order.
        Revoked = "revoked",
        /// Partitions were gone before they could be given back.
        Lost = "lost",
    }
}

words! {
    /// What became of reading the configuration again.
    Reload {
        /// It is in force.
        Taken = "ok",
        /// It has errors; the old one stays.
        Refused = "refused",
    }
}

words! {
    /// What became of a record for the dead-letter topic.
    Delivery {
        /// The broker has it.
        Sent = "sent",
        /// It could not be sent; the quarantine has it.
        Failed = "failed",
    }
}

words! {
    /// What went wrong between a follower and its database.
    FollowerError {
        /// No connection, or none that lasted until an answer.
        Unreachable = "unreachable",
        /// The credential is not taken, or may not write there.
        Denied = "denied",
        /// The bucket, database or organisation is not there.
        Missing = "missing",
        /// The server asked to wait.
        Busy = "busy",
        /// The server failed, a full disk of its own among it.
        Server = "server",
        /// An answer that no InfluxDB gives, or one to a wrong setting.
        Unexpected = "unexpected",
    }
}

words! {
    /// What became of a try to bring a message out.
    Try {
        /// It was taken.
        Sent = "sent",
        /// It waits for another try.
        Again = "again",
        /// It will never be taken.
        Refused = "refused",
    }
}

words! {
    /// By which way a message goes.
    By {
        /// As a mail.
        Mail = "mail",
        /// To the webhook.
        Webhook = "webhook",
    }
}

words! {
    /// What became of a minute's sign of life.
    Beat {
        /// It was heard.
        Sent = "sent",
        /// Nobody answered, or not as if it were heard.
        Failed = "failed",
        /// Something is wrong, and so none was given.
        Withheld = "withheld",
    }
}
