"""Who is competent, and until when: topics, places, agencies, deadlines. Pure: no input, no output, no clock."""
