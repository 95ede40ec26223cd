package clickhouse

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"

	"github.com/ClickHouse/clickhouse-go/v2"

	"oboro/aggregator/store"
)

// A refusal is an error in our own words. It holds no value of a cell, so it may be
// shown and logged.
type refusal string

func (r refusal) Error() string { return string(r) }

// A passing refusal is one that another replica, or the same one later, may not make.
type passing struct{ refusal }

// errLags says that a replica has not what others took, and cannot have it now.
var errLags error = passing{"no replica of a shard could get all that the shard took: start the servers that are down"}

// errMoved says that what was read may be of two replicas, one of which may lag.
var errMoved error = refusal("a server of the store went away meanwhile, and another one was asked: try again")

// classified says what went wrong in op. Only refusals, the errors of the contract and the
// ends of contexts are wrapped: the words of a server may quote a label.
func classified(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if known := contracted(err); known != nil {
		return fmt.Errorf("%s: %w", op, known)
	}
	own, isOwn := errors.AsType[refusal](err)
	if p, is := errors.AsType[passing](err); is {
		own, isOwn = p.refusal, true
	}
	file, isFile := errors.AsType[*fs.PathError](err)
	switch server, isServer := errors.AsType[*clickhouse.Exception](err); {
	case isServer && server.Code == 395: // of no_address
		return fmt.Errorf("%s: %w", op, store.ErrAddress)
	case isOwn:
		return fmt.Errorf("%s: %w", op, own)
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", op, ctx.Err())
	case isFile: // of the operator's: it names only the path
		return fmt.Errorf("%s: %w", op, file)
	case isServer:
		return fmt.Errorf("%s: %s (ClickHouse code %d)", op, wayOut(server.Code), server.Code)
	}
	return fmt.Errorf("%s: %s", op, notReached(err))
}

// notReached says why no server was reached, and what to do. What a certificate and a resolver
// say is not quoted.
func notReached(err error) string {
	if _, is := errors.AsType[*net.DNSError](err); is {
		return "the name of a server of the store cannot be resolved: see the hosts that the store names, and the resolver"
	}
	if _, is := errors.AsType[tls.RecordHeaderError](err); is {
		return "a server of the store speaks no TLS at that port: name the one where it does, 9440 as a rule"
	}
	if _, is := errors.AsType[x509.UnknownAuthorityError](err); is {
		return "the certificate of a server is signed by nobody who is trusted here: name the certificate of the authority as ca_file"
	}
	if _, is := errors.AsType[x509.HostnameError](err); is {
		return "the certificate of a server is for another name: name the host as its certificate does"
	}
	if invalid, is := errors.AsType[x509.CertificateInvalidError](err); is && invalid.Reason == x509.Expired {
		return "the certificate of a server has expired, or is not valid yet: renew it, and see to the clocks"
	}
	if _, is := errors.AsType[*tls.CertificateVerificationError](err); is {
		return "the certificate of a server is none that a server may show: make another one"
	}
	if errors.Is(err, io.EOF) { // 18.16 says nothing more to a user whose database it is not
		return "a server of the store hangs up: it has stopped, or the database is not the user's; see whether it runs, and the rights of deploy/clickhouse"
	}
	return "no server of the store answers: see whether they run, and can be reached from here; a port for TLS needs secure=true"
}

// contracted returns the error of the contract that err is, or nil.
func contracted(err error) error {
	for _, known := range []error{store.ErrSealed, store.ErrDoubt, store.ErrOwner, store.ErrDomain, store.ErrShort} {
		if errors.Is(err, known) {
			return known
		}
	}
	return nil
}

// again reports whether another try, of the same rows, on this or another replica, may
// succeed: nobody answered, or what was answered passes.
func again(err error) bool {
	server, ok := errors.AsType[*clickhouse.Exception](err)
	if !ok {
		_, own := errors.AsType[refusal](err)
		return !own && contracted(err) == nil
	}
	switch server.Code {
	case 44, 53, 57, 62, 115, 164, 192, 193, 194, 195, 291, 392, 395, 497, 516: // a defect, or the operator's to mend
		return false
	}
	return true
}

// wayOut says what an error code of ClickHouse means here, and what to do.
func wayOut(code int32) string {
	switch code {
	case 60, 81:
		return "a table of the store is missing: a replica has not loaded it yet, or somebody has dropped it"
	case 159, 160, 209, 210:
		return "a server of the store does not answer in time: see to it; what waits is sent again"
	case 164:
		return "the user may only read: give it the rights of deploy/clickhouse"
	case 192, 193, 194, 195, 516:
		return "the servers do not take the user or its password: see password_file, and the user's networks"
	case 225, 242, 999, 244:
		return "the servers cannot reach ZooKeeper, and so take nothing: start it; what waits is sent again"
	case 243, 76, 74, 75:
		return "a disk of a server is full or cannot be written: see to it; what waits is sent again"
	case 252:
		return "there are too many parts: flush less often"
	case 254, 280, 292, 529: // 292 of before 20, and 529, is a leader that has just gone
		return "the replicas of a shard have not found each other again: it is tried again; see whether they and ZooKeeper run"
	case 285, 286, 319:
		return "too few replicas are up: start them; what waits is sent again"
	case 291, 392, 497:
		return "the user has too few rights: give it those of deploy/clickhouse"
	case 241:
		return "a server has too little memory for it"
	}
	return "a server of the store refused the statement"
}
