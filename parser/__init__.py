"""What a text means: SMS and PDUs, ticket codes, and the mails of agencies. Pure: no input, no output, no clock."""
