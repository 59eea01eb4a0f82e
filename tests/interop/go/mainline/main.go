// SPDX-License-Identifier: Apache-2.0

// Command mainline signs and verifies with notation-go, the library behind the main line of the Go program.
//
// Not every module mirror serves the main line itself; the library is served, at the commit that the main line
// uses. Its commands add flags and sentences. This one has as many of them as the tests need, and judges
// nothing: whether a signature is good is what the library says.
//
//	mainline sign    [--oci-layout] [-k KEY] [--signature-format F] [--expiry D] [-m N=V]... REFERENCE
//	mainline verify  [--oci-layout --scope SCOPE] [-m N=V]... REFERENCE
//	mainline list    [--oci-layout] REFERENCE
//	mainline inspect -o json REFERENCE
//	mainline blob sign KEY-FILE CERTIFICATE-FILE ENVELOPE-TYPE MEDIA-TYPE EXPIRY [N=V]...     < blob > signature
//	mainline blob verify SIGNATURE-FILE ENVELOPE-TYPE MEDIA-TYPE POLICY-NAME [N=V]...         < blob
//
// Flags stand before the reference. In the commands for blobs an empty MEDIA-TYPE or POLICY-NAME is none, and
// what was verified is printed as a JSON descriptor. The directory NOTATION_CONFIG has keys, policies and trust stores.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/notaryproject/notation-core-go/signature"
	"github.com/notaryproject/notation-core-go/signature/cose"
	"github.com/notaryproject/notation-core-go/signature/jws"
	"github.com/notaryproject/notation-go"
	"github.com/notaryproject/notation-go/config"
	"github.com/notaryproject/notation-go/dir"
	"github.com/notaryproject/notation-go/plugin/proto"
	"github.com/notaryproject/notation-go/registry"
	"github.com/notaryproject/notation-go/signer"
	"github.com/notaryproject/notation-go/verifier"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/registry/remote"
)

const attempts = 100

var envelopeTypes = map[string]string{"jws": jws.MediaTypeEnvelope, "cose": cose.MediaTypeEnvelope}

// metadata is a flag that may be given again, each time with NAME=VALUE.
type metadata map[string]string

func (m metadata) String() string { return "" }

func (m metadata) Set(word string) error {
	name, value, ok := strings.Cut(word, "=")
	if !ok || name == "" {
		return fmt.Errorf("no NAME=VALUE: %q", word)
	}
	m[name] = value
	return nil
}

// request is what the command line asks for.
type request struct {
	layout, plainHTTP, tagSchema       bool
	key, format, scope, output, target string
	lifetime                           time.Duration
	metadata                           metadata
}

func parse(verb string, words []string) (request, error) {
	r := request{metadata: metadata{}}
	flags := flag.NewFlagSet(verb, flag.ContinueOnError)
	flags.BoolVar(&r.layout, "oci-layout", false, "")
	flags.BoolVar(&r.plainHTTP, "insecure-registry", false, "")
	flags.Var(r.metadata, "m", "")
	flags.Var(r.metadata, "user-metadata", "")
	switch verb {
	case "sign":
		flags.StringVar(&r.key, "k", "", "")
		flags.StringVar(&r.key, "key", "", "")
		flags.StringVar(&r.format, "signature-format", "jws", "")
		flags.DurationVar(&r.lifetime, "expiry", 0, "")
		flags.BoolVar(&r.tagSchema, "force-referrers-tag", false, "")
	case "verify":
		flags.StringVar(&r.scope, "scope", "", "")
	case "inspect":
		flags.StringVar(&r.output, "o", "", "")
	}
	if err := flags.Parse(words); err != nil {
		return r, err
	}
	if flags.NArg() != 1 {
		return r, errors.New("one reference is needed, after the flags")
	}
	if r.layout != (r.scope != "") && verb == "verify" {
		return r, errors.New("--oci-layout and --scope go together")
	}
	r.target = flags.Arg(0)
	return r, nil
}

// split returns the name of the repository or layout, and the tag or digest.
func (r request) split() (string, string, error) {
	cut := strings.LastIndex(r.target, "@")
	if cut < 0 {
		cut = strings.LastIndex(r.target, ":")
	}
	if cut <= strings.LastIndex(r.target, "/") || cut == len(r.target)-1 {
		return "", "", fmt.Errorf("no tag and no digest: %q", r.target)
	}
	return r.target[:cut], r.target[cut+1:], nil
}

func (r request) repository(name string) (registry.Repository, error) {
	if r.layout {
		return registry.NewOCIRepository(name, registry.RepositoryOptions{})
	}
	there, err := remote.NewRepository(name)
	if err != nil {
		return nil, err
	}
	host, _, _ := net.SplitHostPort(there.Reference.Registry)
	there.PlainHTTP = r.plainHTTP || host == "localhost"
	if r.tagSchema {
		if err := there.SetReferrersCapability(false); err != nil {
			return nil, err
		}
	}
	return registry.NewRepository(there), nil
}

// artifact is what a reference stands for, and the name of where it lies.
type artifact struct {
	ocispec.Descriptor
	name string
}

func (a artifact) String() string { return a.name + "@" + a.Digest.String() }

func (r request) resolve(ctx context.Context) (registry.Repository, artifact, error) {
	name, reference, err := r.split()
	if err != nil {
		return nil, artifact{}, err
	}
	repository, err := r.repository(name)
	if err != nil {
		return nil, artifact{}, err
	}
	found, err := repository.Resolve(ctx, reference)
	if err != nil {
		return nil, artifact{}, fmt.Errorf("%q: %w", r.target, err)
	}
	if strings.Contains(reference, ":") && reference != found.Digest.String() {
		return nil, artifact{}, fmt.Errorf("%q was asked for, and %q found", reference, found.Digest)
	}
	return repository, artifact{found, name}, nil
}

func (r request) signer() (*signer.GenericSigner, error) {
	keys, err := config.LoadSigningKeys()
	if err != nil {
		return nil, err
	}
	find := keys.GetDefault
	if r.key != "" {
		find = func() (config.KeySuite, error) { return keys.Get(r.key) }
	}
	key, err := find()
	if err != nil {
		return nil, err
	}
	if key.X509KeyPair == nil {
		return nil, fmt.Errorf("key %q is not in a file", key.Name)
	}
	return signer.NewGenericSignerFromFiles(key.KeyPath, key.CertificatePath)
}

func sign(ctx context.Context, r request) error {
	envelopeType, known := envelopeTypes[r.format]
	if !known {
		return fmt.Errorf("no signature format: %q", r.format)
	}
	key, err := r.signer()
	if err != nil {
		return err
	}
	repository, target, err := r.resolve(ctx)
	if err != nil {
		return err
	}
	options := notation.SignOptions{ArtifactReference: target.Digest.String(), UserMetadata: r.metadata}
	options.SignatureMediaType = envelopeType
	options.ExpiryDuration = r.lifetime
	signed, pushed, err := notation.SignOCI(ctx, key, repository, options)
	if err != nil {
		// An old index that a registry does not let us delete is no failure: the new one is there.
		var stale *remote.ReferrersError
		if !errors.As(err, &stale) || !stale.IsReferrersIndexDelete() {
			return err
		}
	}
	fmt.Printf("Successfully signed %s@%s\n", target.name, signed.Digest)
	fmt.Printf("Pushed the signature to %s@%s\n", target.name, pushed.Digest)
	return nil
}

func verify(ctx context.Context, r request) error {
	judge, err := verifier.NewOCIVerifierFromConfig()
	if err != nil {
		return err
	}
	repository, target, err := r.resolve(ctx)
	if err != nil {
		return err
	}
	scoped := target
	if r.scope != "" {
		scoped.name = r.scope
	}
	_, outcomes, err := notation.Verify(ctx, judge, repository, notation.VerifyOptions{
		ArtifactReference:    scoped.String(),
		MaxSignatureAttempts: attempts,
		UserMetadata:         r.metadata,
	})
	if failed := (notation.VerificationFailedError{}); errors.As(err, &failed) {
		return fmt.Errorf("signature verification failed for all the signatures associated with %s\n%w", target, err)
	}
	if err != nil {
		return fmt.Errorf("signature verification failed: %w", err)
	}
	for _, result := range outcomes[0].VerificationResults {
		if result.Error != nil {
			fmt.Fprintf(os.Stderr, "Warning: %s is only logged, and failed: %v\n", result.Type, result.Error)
		}
	}
	fmt.Println("Successfully verified signature for", target)
	signedWith, err := outcomes[0].UserMetadata()
	if err != nil || len(signedWith) == 0 {
		return err
	}
	fmt.Print("\nThe artifact was signed with the following user metadata.\n\nKEY   VALUE\n")
	for name, value := range signedWith {
		fmt.Printf("%s   %s\n", name, value)
	}
	return nil
}

func list(ctx context.Context, r request) error {
	repository, target, err := r.resolve(ctx)
	if err != nil {
		return err
	}
	lines := []string{target.String(), "└── " + registry.ArtifactTypeNotation}
	err = repository.ListSignatures(ctx, target.Descriptor, func(found []ocispec.Descriptor) error {
		for _, one := range found {
			lines = append(lines, "    "+one.Digest.String())
		}
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Println(strings.Join(lines, "\n"))
	return nil
}

func inspect(ctx context.Context, r request) error {
	if r.output != "json" {
		return errors.New("inspect shows JSON only: -o json")
	}
	repository, target, err := r.resolve(ctx)
	if err != nil {
		return err
	}
	shown := []map[string]any{}
	err = repository.ListSignatures(ctx, target.Descriptor, func(found []ocispec.Descriptor) error {
		for _, one := range found {
			envelope, described, err := repository.FetchSignatureBlob(ctx, one)
			if err != nil {
				return err
			}
			row, err := describe(envelope, described.MediaType)
			if err != nil {
				return fmt.Errorf("signature %s: %w", one.Digest, err)
			}
			row["digest"] = one.Digest
			shown = append(shown, row)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"signatures": shown})
}

func describe(data []byte, envelopeType string) (map[string]any, error) {
	envelope, err := signature.ParseEnvelope(envelopeType, data)
	if err != nil {
		return nil, err
	}
	content, err := envelope.Content()
	if err != nil {
		return nil, err
	}
	signed, err := targetArtifact(content)
	if err != nil {
		return nil, err
	}
	artifact := ocispec.Descriptor{}
	if err := json.Unmarshal(signed, &artifact); err != nil {
		return nil, err
	}
	info := content.SignerInfo
	algorithm, err := proto.EncodeSigningAlgorithm(info.SignatureAlgorithm)
	if err != nil {
		return nil, err
	}
	subjects := []string{}
	for _, certificate := range info.CertificateChain {
		subjects = append(subjects, certificate.Subject.String())
	}
	attributes := map[string]any{"signingTime": info.SignedAttributes.SigningTime}
	if ends := info.SignedAttributes.Expiry; !ends.IsZero() {
		attributes["expiry"] = ends
	}
	return map[string]any{
		"signatureAlgorithm":    algorithm,
		"signatureEnvelopeType": envelopeType,
		"signedAttributes":      attributes,
		"userDefinedAttributes": artifact.Annotations,
		"certificates":          subjects,
	}, nil
}

// targetArtifact returns the descriptor that was signed, as it stands in the payload.
func targetArtifact(content *signature.EnvelopeContent) (json.RawMessage, error) {
	payload := struct {
		TargetArtifact json.RawMessage `json:"targetArtifact"`
	}{}
	err := json.Unmarshal(content.Payload.Content, &payload)
	return payload.TargetArtifact, err
}

func pairs(words []string) (metadata, error) {
	found := metadata{}
	for _, word := range words {
		if err := found.Set(word); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func signBlob(ctx context.Context, words []string, blob io.Reader) error {
	lifetime, err := time.ParseDuration(words[4])
	if err != nil {
		return err
	}
	key, err := signer.NewGenericSignerFromFiles(words[0], words[1])
	if err != nil {
		return err
	}
	wanted, err := pairs(words[5:])
	if err != nil {
		return err
	}
	options := notation.SignBlobOptions{ContentMediaType: words[3], UserMetadata: wanted}
	options.SignatureMediaType = words[2]
	options.ExpiryDuration = lifetime
	signature, _, err := notation.SignBlob(ctx, key, blob, options)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(signature)
	return err
}

func verifyBlob(ctx context.Context, words []string, blob io.Reader) error {
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
	if options.UserMetadata, err = pairs(words[4:]); err != nil {
		return err
	}
	_, outcome, err := notation.VerifyBlob(ctx, judge, blob, signature, options)
	if err != nil {
		return err
	}
	// The descriptor that VerifyBlob returns is empty: it reads the payload one level too high.
	artifact, err := targetArtifact(outcome.EnvelopeContent)
	if err != nil {
		return err
	}
	_, err = fmt.Println(string(artifact))
	return err
}

func run(ctx context.Context, words []string) error {
	dir.UserConfigDir = os.Getenv("NOTATION_CONFIG")
	dir.UserCacheDir = os.Getenv("NOTATION_CACHE")
	dir.UserLibexecDir = os.Getenv("NOTATION_LIBEXEC")
	verbs := map[string]func(context.Context, request) error{
		"sign": sign, "verify": verify, "list": list, "inspect": inspect,
	}
	switch {
	case len(words) >= 7 && words[0] == "blob" && words[1] == "sign":
		return signBlob(ctx, words[2:], os.Stdin)
	case len(words) >= 6 && words[0] == "blob" && words[1] == "verify":
		return verifyBlob(ctx, words[2:], os.Stdin)
	case len(words) > 0 && verbs[words[0]] != nil:
		wanted, err := parse(words[0], words[1:])
		if err != nil {
			return err
		}
		return verbs[words[0]](ctx, wanted)
	}
	return errors.New("see the comment in the source")
}

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}
