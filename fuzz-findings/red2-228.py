from checker import *

class Fuzzed(Component):
    instances = {}
