package sqlite

import (
	"context"
	"database/sql"

	"oboro/aggregator/statistic"
)

// BeginEpoch adds one to the epochs of the day. See [store.Lives].
func (s *Store) BeginEpoch(ctx context.Context, day statistic.Day) (int, error) {
	var epochs int64
	err := s.write(ctx, "begin an epoch", func(t *transaction) (bool, error) {
		var err error
		epochs, _, err = t.number(beginEpochQuery, day)
		return true, err
	})
	if err != nil {
		return 0, err
	}
	return int(epochs), nil
}

// Epochs returns the number of epochs of each day. See [store.Lives].
func (s *Store) Epochs(ctx context.Context, from, to statistic.Day) (map[statistic.Day]int, error) {
	epochs := map[statistic.Day]int{}
	err := s.read(ctx, "read epochs", func(t *transaction) error {
		return t.each(epochsQuery, func(rows *sql.Rows) error {
			var day statistic.Day
			var n int
			if err := rows.Scan(&day, &n); err != nil {
				return err
			}
			epochs[day] = n
			return nil
		}, from, to)
	})
	if err != nil {
		return nil, err
	}
	return epochs, nil
}
