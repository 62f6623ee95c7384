"""What classes of Python's standard library bring to a class that derives from them.

Only classes whose attributes are the same in every supported Python, but for a few, and that make up none at run time
are listed; ``tests/test_standard_bases.py`` compares the list with the Python that it runs on.
"""

from __future__ import annotations

from functools import cache

#: Their names, then a colon, then the public names of the attributes that they and their instances have, in Python 3.10
#: to 3.13 together.
_TABLE = """\
ast.NodeTransformer ast.NodeVisitor:
    generic_visit visit visit_Constant
asyncio.BaseProtocol:
    connection_lost connection_made pause_writing resume_writing
asyncio.DatagramProtocol:
    connection_lost connection_made datagram_received error_received pause_writing resume_writing
asyncio.Protocol:
    connection_lost connection_made data_received eof_received pause_writing resume_writing
asyncio.SubprocessProtocol:
    connection_lost connection_made pause_writing pipe_connection_lost pipe_data_received process_exited
    resume_writing
builtins.ArithmeticError builtins.AssertionError builtins.BaseException builtins.BufferError
  builtins.BytesWarning builtins.DeprecationWarning builtins.EOFError builtins.Exception
  builtins.FloatingPointError builtins.FutureWarning builtins.GeneratorExit builtins.ImportWarning
  builtins.IndexError builtins.KeyError builtins.KeyboardInterrupt builtins.LookupError builtins.MemoryError
  builtins.NotImplementedError builtins.OverflowError builtins.PendingDeprecationWarning builtins.RecursionError
  builtins.ReferenceError builtins.ResourceWarning builtins.RuntimeError builtins.RuntimeWarning
  builtins.StopAsyncIteration builtins.SyntaxWarning builtins.SystemError builtins.TypeError builtins.UnicodeError
  builtins.UnicodeWarning builtins.UserWarning builtins.ValueError builtins.Warning builtins.ZeroDivisionError:
    add_note args with_traceback
builtins.AttributeError:
    add_note args name obj with_traceback
builtins.BlockingIOError builtins.BrokenPipeError builtins.ChildProcessError builtins.ConnectionAbortedError
  builtins.ConnectionError builtins.ConnectionRefusedError builtins.ConnectionResetError builtins.EnvironmentError
  builtins.FileExistsError builtins.FileNotFoundError builtins.IOError builtins.InterruptedError
  builtins.IsADirectoryError builtins.NotADirectoryError builtins.OSError builtins.PermissionError
  builtins.ProcessLookupError builtins.TimeoutError:
    add_note args characters_written errno filename filename2 strerror with_traceback
builtins.ImportError builtins.ModuleNotFoundError:
    add_note args msg name name_from path with_traceback
builtins.IndentationError builtins.SyntaxError builtins.TabError:
    add_note args end_lineno end_offset filename lineno msg offset print_file_and_line text with_traceback
builtins.NameError builtins.UnboundLocalError:
    add_note args name with_traceback
builtins.StopIteration:
    add_note args value with_traceback
builtins.SystemExit:
    add_note args code with_traceback
builtins.UnicodeDecodeError builtins.UnicodeEncodeError builtins.UnicodeTranslateError:
    add_note args encoding end object reason start with_traceback
builtins.bytearray:
    append capitalize center clear copy count decode endswith expandtabs extend find fromhex hex index insert
    isalnum isalpha isascii isdigit islower isspace istitle isupper join ljust lower lstrip maketrans partition pop
    remove removeprefix removesuffix replace reverse rfind rindex rjust rpartition rsplit rstrip split splitlines
    startswith strip swapcase title translate upper zfill
builtins.bytes:
    capitalize center count decode endswith expandtabs find fromhex hex index isalnum isalpha isascii isdigit
    islower isspace istitle isupper join ljust lower lstrip maketrans partition removeprefix removesuffix replace
    rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title translate upper
    zfill
builtins.complex numbers.Complex numbers.Real:
    conjugate imag real
builtins.dict:
    clear copy fromkeys get items keys pop popitem setdefault update values
builtins.float:
    as_integer_ratio conjugate fromhex hex imag is_integer real
builtins.frozenset:
    copy difference intersection isdisjoint issubset issuperset symmetric_difference union
builtins.int:
    as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag is_integer numerator real to_bytes
builtins.list:
    append clear copy count extend index insert pop remove reverse sort
builtins.set:
    add clear copy difference difference_update discard intersection intersection_update isdisjoint issubset
    issuperset pop remove symmetric_difference symmetric_difference_update union update
builtins.str collections.UserString:
    capitalize casefold center count encode endswith expandtabs find format format_map index isalnum isalpha isascii
    isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip
    maketrans partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split
    splitlines startswith strip swapcase title translate upper zfill
builtins.tuple collections.abc.Sequence:
    count index
cmd.Cmd:
    cmdloop cmdqueue columnize complete complete_help completedefault completekey completenames default do_help
    doc_header doc_leader emptyline get_names identchars intro lastcmd misc_header nohelp onecmd parseline postcmd
    postloop precmd preloop print_topics prompt ruler stdin stdout undoc_header use_rawinput
collections.ChainMap:
    clear copy fromkeys get items keys maps new_child parents pop popitem setdefault update values
collections.Counter:
    clear copy elements fromkeys get items keys most_common pop popitem setdefault subtract total update values
collections.OrderedDict:
    clear copy fromkeys get items keys move_to_end pop popitem setdefault update values
collections.UserDict:
    clear copy data fromkeys get items keys pop popitem setdefault update values
collections.UserList:
    append clear copy count data extend index insert pop remove reverse sort
collections.abc.AsyncGenerator:
    aclose asend athrow
collections.abc.AsyncIterable collections.abc.AsyncIterator collections.abc.Awaitable collections.abc.Callable
  collections.abc.Collection collections.abc.Container collections.abc.Hashable collections.abc.Iterable
  collections.abc.Iterator collections.abc.MappingView collections.abc.Reversible collections.abc.Sized
  collections.abc.ValuesView contextlib.AbstractAsyncContextManager contextlib.AbstractContextManager
  contextlib.AsyncContextDecorator contextlib.ContextDecorator numbers.Number threading.local:
collections.abc.Coroutine collections.abc.Generator:
    close send throw
collections.abc.ItemsView collections.abc.KeysView collections.abc.Set:
    isdisjoint
collections.abc.Mapping:
    get items keys values
collections.abc.MutableMapping:
    clear get items keys pop popitem setdefault update values
collections.abc.MutableSequence:
    append clear count extend index insert pop remove reverse
collections.abc.MutableSet:
    add clear discard isdisjoint pop remove
collections.defaultdict:
    clear copy default_factory fromkeys get items keys pop popitem setdefault update values
collections.deque:
    append appendleft clear copy count extend extendleft index insert maxlen pop popleft remove reverse rotate
concurrent.futures.Executor:
    map shutdown submit
contextlib.AsyncExitStack:
    aclose callback enter_async_context enter_context pop_all push push_async_callback push_async_exit
contextlib.ExitStack:
    callback close enter_context pop_all push
datetime.date:
    ctime day fromisocalendar fromisoformat fromordinal fromtimestamp isocalendar isoformat isoweekday max min month
    replace resolution strftime timetuple today toordinal weekday year
datetime.datetime:
    astimezone combine ctime date day dst fold fromisocalendar fromisoformat fromordinal fromtimestamp hour
    isocalendar isoformat isoweekday max microsecond min minute month now replace resolution second strftime
    strptime time timestamp timetuple timetz today toordinal tzinfo tzname utcfromtimestamp utcnow utcoffset
    utctimetuple weekday year
datetime.time:
    dst fold fromisoformat hour isoformat max microsecond min minute replace resolution second strftime tzinfo
    tzname utcoffset
datetime.timedelta:
    days max microseconds min resolution seconds total_seconds
datetime.tzinfo:
    dst fromutc tzname utcoffset
decimal.Decimal:
    adjusted as_integer_ratio as_tuple canonical compare compare_signal compare_total compare_total_mag conjugate
    copy_abs copy_negate copy_sign exp fma from_float imag is_canonical is_finite is_infinite is_nan is_normal
    is_qnan is_signed is_snan is_subnormal is_zero ln log10 logb logical_and logical_invert logical_or logical_xor
    max max_mag min min_mag next_minus next_plus next_toward normalize number_class quantize radix real
    remainder_near rotate same_quantum scaleb shift sqrt to_eng_string to_integral to_integral_exact
    to_integral_value
email.message.Message:
    add_header as_bytes as_string attach defects del_param epilogue get get_all get_boundary get_charset
    get_charsets get_content_charset get_content_disposition get_content_maintype get_content_subtype
    get_content_type get_default_type get_filename get_param get_params get_payload get_unixfrom is_multipart items
    keys policy preamble raw_items replace_header set_boundary set_charset set_default_type set_param set_payload
    set_raw set_type set_unixfrom values walk
enum.Enum enum.Flag:
    name value
enum.IntEnum enum.IntFlag:
    as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag is_integer name numerator real
    to_bytes value
enum.StrEnum:
    capitalize casefold center count encode endswith expandtabs find format format_map index isalnum isalpha isascii
    isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip
    maketrans name partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split
    splitlines startswith strip swapcase title translate upper value zfill
functools.partial:
    args func keywords
html.parser.HTMLParser:
    CDATA_CONTENT_ELEMENTS cdata_elem check_for_whole_start_tag clear_cdata_mode close convert_charrefs feed
    get_starttag_text getpos goahead handle_charref handle_comment handle_data handle_decl handle_endtag
    handle_entityref handle_pi handle_startendtag handle_starttag interesting lasttag lineno offset
    parse_bogus_comment parse_comment parse_declaration parse_endtag parse_html_declaration parse_marked_section
    parse_pi parse_starttag rawdata reset set_cdata_mode unknown_decl updatepos
io.BufferedIOBase:
    close closed detach fileno flush isatty read read1 readable readinto readinto1 readline readlines seek seekable
    tell truncate writable write writelines
io.BytesIO:
    close closed detach fileno flush getbuffer getvalue isatty read read1 readable readinto readinto1 readline
    readlines seek seekable tell truncate writable write writelines
io.IOBase:
    close closed fileno flush isatty readable readline readlines seek seekable tell truncate writable writelines
io.RawIOBase:
    close closed fileno flush isatty read readable readall readinto readline readlines seek seekable tell truncate
    writable write writelines
io.StringIO:
    close closed detach encoding errors fileno flush getvalue isatty line_buffering newlines read readable readline
    readlines seek seekable tell truncate writable write writelines
io.TextIOBase:
    close closed detach encoding errors fileno flush isatty newlines read readable readline readlines seek seekable
    tell truncate writable write writelines
json.JSONDecoder json.decoder.JSONDecoder:
    decode memo object_hook object_pairs_hook parse_array parse_constant parse_float parse_int parse_object
    parse_string raw_decode scan_once strict
json.JSONEncoder json.encoder.JSONEncoder:
    allow_nan check_circular default encode ensure_ascii indent item_separator iterencode key_separator skipkeys
    sort_keys
logging.Filter:
    filter name nlen
logging.Filterer:
    addFilter filter filters removeFilter
logging.Formatter:
    converter datefmt default_msec_format default_time_format format formatException formatMessage formatStack
    formatTime usesTime
logging.Handler logging.NullHandler:
    acquire addFilter close createLock emit filter filters flush format formatter get_name handle handleError level
    lock name release removeFilter setFormatter setLevel set_name
logging.StreamHandler:
    acquire addFilter close createLock emit filter filters flush format formatter get_name handle handleError level
    lock name release removeFilter setFormatter setLevel setStream set_name stream terminator
multiprocessing.Process:
    authkey close daemon exitcode ident is_alive join kill name pid run sentinel start terminate
numbers.Integral numbers.Rational:
    conjugate denominator imag numerator real
queue.LifoQueue queue.PriorityQueue queue.Queue:
    all_tasks_done empty full get get_nowait is_shutdown join maxsize mutex not_empty not_full put put_nowait qsize
    queue shutdown task_done unfinished_tasks
random.Random:
    VERSION betavariate binomialvariate choice choices expovariate gammavariate gauss gauss_next getrandbits
    getstate lognormvariate normalvariate paretovariate randbytes randint random randrange sample seed setstate
    shuffle triangular uniform vonmisesvariate weibullvariate
string.Formatter:
    check_unused_args convert_field format format_field get_field get_value parse vformat
threading.Thread:
    daemon getName ident isDaemon is_alive join name native_id run setDaemon setName start
threading.Timer:
    cancel daemon getName ident isDaemon is_alive join name native_id run setDaemon setName start
xml.sax.ContentHandler xml.sax.handler.ContentHandler:
    characters endDocument endElement endElementNS endPrefixMapping ignorableWhitespace processingInstruction
    setDocumentLocator skippedEntity startDocument startElement startElementNS startPrefixMapping
"""

#: Names in ``typing`` that differ from those of what they stand for.
_TYPING = {
    "AbstractSet": "collections.abc.Set",
    "AsyncContextManager": "contextlib.AbstractAsyncContextManager",
    "ChainMap": "collections.ChainMap",
    "ContextManager": "contextlib.AbstractContextManager",
    "Counter": "collections.Counter",
    "DefaultDict": "collections.defaultdict",
    "Deque": "collections.deque",
    "Dict": "builtins.dict",
    "FrozenSet": "builtins.frozenset",
    "List": "builtins.list",
    "OrderedDict": "collections.OrderedDict",
    "Set": "builtins.set",
    "Tuple": "builtins.tuple",
}


def brings(name: str) -> frozenset[str] | None:
    """The public attributes of a class.

    Args:
        name: its dotted name, with its module, such as ``builtins.dict``.

    Returns:
        None for a class that is not listed.
    """
    module, _, own = name.rpartition(".")
    if module in ("typing", "typing_extensions"):
        name = _TYPING.get(own, f"collections.abc.{own}")
    return _classes().get(name)


@cache
def _classes() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    names, attributes = "", ""
    for line in [*_TABLE.splitlines(), "end"]:
        if line.startswith("    "):
            attributes += line
            continue
        if not line.startswith(" ") and names.endswith(":"):
            found.update(dict.fromkeys(names[:-1].split(), frozenset(attributes.split())))
            names, attributes = "", ""
        names += f" {line}"
    return found


def listed() -> frozenset[str]:
    """The dotted names of all classes of the list."""
    return frozenset(_classes())
