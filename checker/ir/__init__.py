"""The intermediate representation: the only thing that the engines share."""
