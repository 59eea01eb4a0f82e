// SPDX-License-Identifier: Apache-2.0

// Command blobs signs and verifies blobs with notation-go, the library of the Go program.
//
// The commands for blobs are only in the main line of notation, which not every module mirror serves; the
// library behind them is served, at the same commit.
//
//	blobs sign KEY-FILE CERTIFICATE-FILE ENVELOPE-TYPE MEDIA-TYPE EXPIRY [NAME=VALUE]...      < blob > signature
//	blobs verify SIGNATURE-FILE ENVELOPE-TYPE MEDIA-TYPE POLICY-NAME [NAME=VALUE]...          < blob
//
// An empty MEDIA-TYPE or POLICY-NAME is none. The directory NOTATION_CONFIG has the policy and the trust store.
// What was verified is printed as a JSON descriptor.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/notaryproject/notation-go"
	"github.com/notaryproject/notation-go/dir"
	"github.com/notaryproject/notation-go/signer"
	"github.com/notaryproject/notation-go/verifier"
)

func pairs(words []string) map[string]string {
	found := map[string]string{}
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		found[name] = value
	}
	return found
}

func sign(ctx context.Context, words []string, blob io.Reader) error {
	lifetime, err := time.ParseDuration(words[4])
	if err != nil {
		return err
	}
	key, err := signer.NewGenericSignerFromFiles(words[0], words[1])
	if err != nil {
		return err
	}
	options := notation.SignBlobOptions{ContentMediaType: words[3], UserMetadata: pairs(words[5:])}
	options.SignatureMediaType = words[2]
	options.ExpiryDuration = lifetime
	signature, _, err := notation.SignBlob(ctx, key, blob, options)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(signature)
	return err
}

func verify(ctx context.Context, words []string, blob io.Reader) error {
	dir.UserConfigDir = os.Getenv("NOTATION_CONFIG")
	signature, err := os.ReadFile(words[0])
	if err != nil {
		return err
	}
	judge, err := verifier.NewBlobVerifierFromConfig()
	if err != nil {
		return err
	}
	options := notation.VerifyBlobOptions{ContentMediaType: words[2]}
	options.SignatureMediaType = words[1]
	options.TrustPolicyName = words[3]
	options.UserMetadata = pairs(words[4:])
	_, outcome, err := notation.VerifyBlob(ctx, judge, blob, signature, options)
	if err != nil {
		return err
	}
	// The descriptor that VerifyBlob returns is empty: it reads the payload one level too high.
	payload := struct {
		TargetArtifact json.RawMessage `json:"targetArtifact"`
	}{}
	if err := json.Unmarshal(outcome.EnvelopeContent.Payload.Content, &payload); err != nil {
		return err
	}
	_, err = fmt.Println(string(payload.TargetArtifact))
	return err
}

func run(ctx context.Context, words []string) error {
	switch {
	case len(words) >= 6 && words[0] == "sign":
		return sign(ctx, words[1:], os.Stdin)
	case len(words) >= 5 && words[0] == "verify":
		return verify(ctx, words[1:], os.Stdin)
	}
	return errors.New("see the comment in the source")
}

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}
