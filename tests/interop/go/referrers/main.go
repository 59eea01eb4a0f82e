// SPDX-License-Identifier: Apache-2.0

// Command referrers prints the referrers that oras-go finds for an artifact: one JSON descriptor a line.
// Notation's main line looks signatures up through this library, so the tests ask it instead.
//
//	referrers layout DIRECTORY TAG-OR-DIGEST ARTIFACT-TYPE
//	referrers registry HOST/REPOSITORY TAG-OR-DIGEST ARTIFACT-TYPE   (plain HTTP)
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content/oci"
	"oras.land/oras-go/v2/registry"
	"oras.land/oras-go/v2/registry/remote"
)

func open(ctx context.Context, kind, name string) (oras.ReadOnlyGraphTarget, error) {
	switch kind {
	case "layout":
		return oci.NewFromFS(ctx, os.DirFS(name))
	case "registry":
		repository, err := remote.NewRepository(name)
		if err == nil {
			repository.PlainHTTP = true
		}
		return repository, err
	}
	return nil, fmt.Errorf("unknown kind %q", kind)
}

func run(ctx context.Context, arguments []string) error {
	if len(arguments) != 4 {
		return fmt.Errorf("want 4 arguments, got %d", len(arguments))
	}
	target, err := open(ctx, arguments[0], arguments[1])
	if err != nil {
		return err
	}
	subject, err := target.Resolve(ctx, arguments[2])
	if err != nil {
		return err
	}
	referrers, err := registry.Referrers(ctx, target, subject, arguments[3])
	if err != nil {
		return err
	}
	output := json.NewEncoder(os.Stdout)
	for _, referrer := range referrers {
		if err := output.Encode(referrer); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}
