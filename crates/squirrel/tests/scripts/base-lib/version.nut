// Constants of the base library.
print(_charsize_ + " " + _intsize_ + " " + _floatsize_ + "\n")
print(_version_ + " " + _versionnumber_ + "\n")
print(typeof _version_ + " " + typeof _versionnumber_ + "\n")
