"""Mail to the agencies and back: compose what we say, send it over SMTP, take the answers in over LMTP."""
