package logline

import "strings"

// A field is a part of a line that is used.
type field uint8

const (
	theNothing field = iota
	theHost
	theAddress
	thePeer // an address with its port
	theClock
	theDate
	theMethod
	theTarget // with its query
	thePath   // without
	theQuery
	theAsked // the request as a whole: method, target and protocol
	theStatus
	theReferrer
	theAgent
	theForwarded
	theKind
	fields
)

// A source is a field and how good a name's word on it is: where a line has it under
// several names, the one of the highest rank counts, and of the same rank the first.
type source struct {
	of   field
	rank uint8
}

// names are the names of fields: nginx's variables, the names of W3C and of CloudFront,
// and the keys of JSON objects, all as key makes them. What stands inside an object has
// the names of all around it before its own.
var names = namesOf(namedFields)

var namedFields = map[field]string{
	theHost: `3 httphost xhostheader requesthost requestheadershost vhost virtualhost
		2 host cshost authority urldomain 1 servername requestaddr`,
	theAddress: `3 clientip requestclientip 2 remoteaddr remoteip requestremoteip clienthost cip sourceip remoteaddress
		clientaddress sourceaddress 1 realipremoteaddr remotehost cdns ip client`,
	thePeer:   `1 clientaddr requestremoteaddr`,
	theClock:  `3 startutc timeiso8601 msec timelocal 2 ts timestamp datetime 1 time`,
	theDate:   `1 date`,
	theMethod: `3 requestmethod csmethod 2 method verb httprequestmethod httpmethod`,
	theTarget: `3 requesturi csuri urloriginal 2 requestpath url`,
	thePath:   `1 uri csuristem path urlpath uripath documenturi`,
	theQuery:  `1 args querystring csuriquery query urlquery`,
	theAsked:  `2 request requestline`,
	theStatus: `2 status downstreamstatus scstatus statuscode httpstatus responsecode response httpresponsestatuscode 1 originstatus`,
	theReferrer: `1 httpreferer referer referrer httpreferrer csreferer requestreferer requestreferrer requestheadersreferer
		httprequestreferrer`,
	theAgent:     `1 httpuseragent useragent csuseragent requestuseragent requestheadersuseragent useragentoriginal agent`,
	theForwarded: `1 httpxforwardedfor xforwardedfor csxforwardedfor requestxforwardedfor requestheadersxforwardedfor forwardedfor`,
	theKind:      `1 senthttpcontenttype sccontenttype respheaderscontenttype downstreamcontenttype responsecontenttype httpresponsemimetype`,
}

func namesOf(lists map[field]string) map[string]source {
	all := map[string]source{}
	for of, list := range lists {
		rank := uint8(0)
		for name := range strings.FieldsSeq(list) {
			if len(name) == 1 {
				rank = name[0] - '0'
				continue
			}
			all[name] = source{of, rank}
		}
	}
	return all
}

// longestName is more than the longest of names. What is cut to it is none of them.
const longestName = 64

// A name is a name on its way to names.
type name struct {
	bytes [longestName]byte
	n     int
}

// add appends a name as names has them: in small letters, and without signs.
func (k *name) add(b []byte) {
	for _, c := range b {
		switch {
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case !isDigit(c) && (c < 'a' || 'z' < c):
			continue
		}
		if k.n < len(k.bytes) {
			k.bytes[k.n] = c
			k.n++
		}
	}
}

// source returns the field of the name, which may be nothing.
func (k *name) source() source { return names[string(k.bytes[:k.n])] }

func sourceOf(parts ...string) source {
	var k name
	for _, part := range parts {
		k.add([]byte(part))
	}
	return k.source()
}
