// Package jetstream keeps a register in NATS JetStream: a key-value bucket of NATS, which its own
// tools can read. A change is a message of a stream that is stored if the last message of its key
// is the expected one; the servers' Raft group decides. Nothing is ever decided by a read, which
// whoever has a copy may answer.
package jetstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"draille/signaling/homes/register"
)

const (
	// operation is the header by which NATS's key-value buckets tell what removes a key.
	operation = "KV-Operation"
	removal   = "DEL"
	// maxWait is how long a change may take whose context has no end.
	maxWait = 5 * time.Second
	// maxAnswer is how long an answer may take to a question that may be asked again: many times
	// the round trip and the fsync of a slow disk, and less than an election.
	maxAnswer = 2 * time.Second
	// firstAnswer is how long the first one may take: what is asked before the servers have found
	// each other is lost, and a server that is started again has rooms that wait for it.
	firstAnswer = 200 * time.Millisecond
	// maxRead is the same for one message, which any server that has a copy may read.
	maxRead = 300 * time.Millisecond
	// again is the pause before asking again: after an answer by a leader that has another change
	// of the key under way, which takes as long as an fsync, or while there is no leader.
	again = 20 * time.Millisecond
	// silentFor is after how long the leader's not having heard of another server counts: it asks
	// every second.
	silentFor = 5 * time.Second
	// codeBusy is nats-server's JSStreamWrongLastSequenceConstantErr: another change of the key is
	// under way, and may fail. It says nothing about the key's revision.
	codeBusy jetstream.ErrorCode = 10164
)

// Register is a bucket of NATS JetStream.
type Register struct {
	conn   *nats.Conn
	js     jetstream.JetStream
	stream jetstream.Stream
	prefix string // of every key's subject
}

var _ register.Register = (*Register)(nil)

// Open opens a bucket, or makes it, with so many copies: 1, or 3 in a cluster. It asks again until
// the servers can do so, or ctx ends.
func Open(ctx context.Context, conn *nats.Conn, bucket string, copies int) (*Register, error) {
	return OpenTold(ctx, conn, bucket, copies, func(error) {})
}

// OpenTold does the same, and tells after each try why the bucket was not opened.
func OpenTold(ctx context.Context, conn *nats.Conn, bucket string, copies int,
	told func(error)) (*Register, error) {
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, fmt.Errorf("jetstream: %w", err)
	}
	config := jetstream.KeyValueConfig{Bucket: bucket, History: 1, Replicas: copies}
	for within := firstAnswer; ; within = min(2*within, maxAnswer) {
		stream, err := open(ctx, js, config, within)
		if err == nil {
			return &Register{conn, js, stream, "$KV." + bucket + "."}, nil
		}
		if errors.Is(err, jetstream.ErrBucketExists) {
			return nil, fmt.Errorf("jetstream: the bucket %s has not %d copies, or other settings "+
				"than this version's: %w", bucket, copies, err)
		}
		told(err)
		if wait(ctx, again) != nil {
			return nil, fmt.Errorf("jetstream: opening the bucket %s: %w", bucket, err)
		}
	}
}

// open asks once: without a leader nobody answers.
func open(ctx context.Context, js jetstream.JetStream, config jetstream.KeyValueConfig,
	within time.Duration) (jetstream.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if _, err := js.CreateKeyValue(ctx, config); err != nil {
		return nil, err
	}
	return js.Stream(ctx, "KV_"+config.Bucket)
}

// hasCopy reports whether a server has had a copy of the bucket since it was opened.
func (r *Register) hasCopy(server string) bool {
	cluster := r.stream.CachedInfo().Cluster
	return cluster != nil && (cluster.Leader == server ||
		slices.ContainsFunc(cluster.Replicas, func(p *jetstream.PeerInfo) bool {
			return p.Name == server
		}))
}

// Keepers are the server that decides about changes, empty while there is none, and those that it
// does not reach, or that have not what it has.
func (r *Register) Keepers(ctx context.Context) (leader string, away []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, maxAnswer)
	defer cancel()
	info, err := r.stream.Info(ctx)
	if err != nil || info.Cluster == nil {
		return "", nil, err
	}
	for _, other := range info.Cluster.Replicas {
		if other.Offline || !other.Current || other.Active > silentFor {
			away = append(away, other.Name)
		}
	}
	slices.Sort(away)
	return info.Cluster.Leader, away, nil
}

// Put implements register.Register.
func (r *Register) Put(ctx context.Context, key string, value []byte, revision uint64) (uint64,
	error) {
	if err := register.CheckKey(key); err != nil {
		return 0, err
	}
	ctx, cancel, err := bounded(ctx)
	if err != nil {
		return 0, err
	}
	defer cancel()
	expected, refuses := revision, register.ErrConflict
	for {
		message := &nats.Msg{Subject: r.prefix + key, Data: value}
		stored, last, err := r.store(ctx, message, expected, expected != revision, &refuses)
		if err != nil || stored != 0 {
			return stored, err
		}
		found, err := r.find(ctx, key, last)
		switch {
		case err != nil:
			return 0, err
		case found == nil: // changed meanwhile: ask again
		case found.removed && revision == 0 && found.revision != expected:
			expected = found.revision
		case !found.removed && bytes.Equal(found.value, value):
			return found.revision, nil
		default:
			return 0, refuses
		}
	}
}

// Delete implements register.Register. What remains for a while is a small message that says so
// (Sweeper): without it a change that was sent before could bring the key back.
func (r *Register) Delete(ctx context.Context, key string, revision uint64) error {
	if err := register.CheckKey(key); err != nil {
		return err
	}
	if revision == 0 {
		return fmt.Errorf("register: removing %s: a revision is expected, and 0 is none", key)
	}
	ctx, cancel, err := bounded(ctx)
	if err != nil {
		return err
	}
	defer cancel()
	refuses := register.ErrConflict
	for {
		message := &nats.Msg{Subject: r.prefix + key, Header: nats.Header{operation: {removal}}}
		stored, last, err := r.store(ctx, message, revision, false, &refuses)
		if err != nil || stored != 0 {
			return err
		}
		found, err := r.find(ctx, key, last)
		switch {
		case err != nil:
			return err
		case found == nil: // changed meanwhile: ask again
		case found.removed && found.follows == revision:
			return nil
		default:
			return refuses
		}
	}
}

// store asks for a message to be stored if the last one of its subject is the expected one. It
// returns the message's revision, or else the last one's, which is later than the expected one.
//
// Only that is a proof: what one server has seen stored is stored for ever, and sequence numbers
// rise. For a moment two servers lead, one of which does not know yet that it has been replaced;
// both get the message, and the old one may refuse what the new one stores: it is behind, and names
// an earlier message as the last one, or says that another change is under way. Then the same is
// asked again: if it was stored, the answer names it, unless somebody has changed the key since.
// Therefore a later refusal proves nothing any more: refuses becomes ErrUnknown.
//
// Where a removal's message is expected and no message is there, that one was swept, or whoever
// refuses is behind: last is 0, and the caller may expect none.
func (r *Register) store(ctx context.Context, message *nats.Msg, expected uint64, removed bool,
	refuses *error) (stored, last uint64, err error) {
	if message.Header == nil {
		message.Header = nats.Header{}
	}
	message.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(expected, 10))
	for {
		ack, err := r.js.PublishMsg(ctx, message)
		if err == nil {
			return ack.Sequence, 0, nil
		}
		var refused *jetstream.APIError
		askAgain := errors.Is(err, jetstream.ErrNoStreamResponse) ||
			errors.Is(err, nats.ErrReconnectBufExceeded)
		switch {
		case !errors.As(err, &refused):
		case refused.ErrorCode == codeBusy:
			askAgain, *refuses = true, register.ErrUnknown
		case refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence:
			last, err := lastSequence(refused)
			if err != nil || last > expected {
				return 0, last, err
			}
			askAgain, *refuses = true, register.ErrUnknown
			if last == 0 && removed {
				return 0, 0, nil
			}
		}
		if !askAgain || wait(ctx, again) != nil {
			return 0, 0, unknown(err)
		}
	}
}

// lastSequence reads the sequence number out of "wrong last sequence: 17".
func lastSequence(refused *jetstream.APIError) (uint64, error) {
	_, number, found := strings.Cut(refused.Description, ": ")
	last, err := strconv.ParseUint(number, 10, 64)
	if !found || err != nil {
		return 0, fmt.Errorf("%w: the server refused with %q: a sequence number is expected",
			register.ErrUnknown, refused.Description)
	}
	return last, nil
}

// found is the last message of a key.
type found struct {
	revision uint64
	value    []byte
	removed  bool
	follows  uint64 // the revision that it took the place of
}

// find fetches the message that the leader says is the last one of a key. Whoever has a copy
// answers: a message never changes. It returns nil when the message is not there, or not yet.
func (r *Register) find(ctx context.Context, key string, revision uint64) (*found, error) {
	if revision == 0 { // the key has never been there, or its removal has been swept
		return &found{removed: true}, nil
	}
	soon, cancel := context.WithTimeout(ctx, maxRead)
	defer cancel()
	message, err := r.stream.GetMsg(soon, revision)
	switch {
	case err != nil:
		if wait(ctx, again) != nil {
			return nil, fmt.Errorf("%w: reading what is there: %w", register.ErrUnknown, err)
		}
		return nil, nil
	case message.Subject != r.prefix+key:
		return nil, fmt.Errorf("%w: message %d is of another key", register.ErrUnknown, revision)
	}
	follows, _ := strconv.ParseUint(message.Header.Get(jetstream.ExpectedLastSubjSeqHeader), 10, 64)
	return &found{message.Sequence, message.Data, message.Header.Get(operation) != "", follows}, nil
}

// bounded gives a context an end, if it has none.
func bounded(ctx context.Context) (context.Context, context.CancelFunc, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err // nothing has been asked
	}
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	return ctx, cancel, nil
}

// wait pauses, and fails when ctx ends meanwhile.
func wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
