"""Does a subscore fall when the data get worse? From measured cases to the sensitivity matrix.

`cases` measures, scores and judges one variant and keeps the result; `matrix` is the arithmetic;
`document` and `picture` are what is written of it.
"""
