// resume without a value.
resume;
