package io.maru.control.client;

import static io.maru.control.domain.ControlReason.NEIGHBOUR_UNAVAILABLE;
import static io.maru.control.domain.ControlReason.NO_LINEAGE;

import io.grpc.StatusRuntimeException;
import io.maru.checkpoint.v1.Checkpoint;
import io.maru.checkpoint.v1.CheckpointServiceGrpc.CheckpointServiceBlockingStub;
import io.maru.checkpoint.v1.GetCheckpointRequest;
import io.maru.checkpoint.v1.GetImportRequest;
import io.maru.checkpoint.v1.GetModelVersionRequest;
import io.maru.checkpoint.v1.Import;
import io.maru.checkpoint.v1.ListCheckpointsRequest;
import io.maru.checkpoint.v1.ListCheckpointsResponse;
import io.maru.checkpoint.v1.ListModelVersionsRequest;
import io.maru.checkpoint.v1.ListModelVersionsResponse;
import io.maru.checkpoint.v1.ModelFile;
import io.maru.checkpoint.v1.ModelVersion;
import io.maru.control.app.Lineages;
import io.maru.control.domain.Lineage;
import io.maru.control.domain.Lineage.Edge;
import io.maru.control.domain.Lineage.Node;
import io.maru.control.domain.Role;
import io.maru.control.domain.Run;
import io.maru.ingestion.v1.Corpus;
import io.maru.ingestion.v1.FindDocumentRequest;
import io.maru.ingestion.v1.FoundDocument;
import io.maru.ingestion.v1.GetCorpusRequest;
import io.maru.ingestion.v1.IngestionServiceGrpc.IngestionServiceBlockingStub;
import io.maru.platform.error.GrpcFaults;
import io.maru.platform.error.Refusal;
import io.maru.platform.name.ResourceName;
import io.maru.tokenization.v1.Dataset;
import io.maru.tokenization.v1.GetDatasetRequest;
import io.maru.tokenization.v1.GetTokenizerRequest;
import io.maru.tokenization.v1.ListDatasetsRequest;
import io.maru.tokenization.v1.ListDatasetsResponse;
import io.maru.tokenization.v1.TokenizationServiceGrpc.TokenizationServiceBlockingStub;
import io.maru.tokenization.v1.Tokenizer;
import io.maru.training.v1.DatasetShare;
import io.maru.training.v1.ListTrainingJobsRequest;
import io.maru.training.v1.ListTrainingJobsResponse;
import io.maru.training.v1.TextUse;
import io.maru.training.v1.TraceTextRequest;
import io.maru.training.v1.TrainingJob;
import io.maru.training.v1.TrainingServiceGrpc.TrainingServiceBlockingStub;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/*
 * Nobody keeps the whole graph. Each service knows what its own things were made of, and this walk asks one after another:
 *
 *     model version --> checkpoint --> run, dataset, first weights --> corpus, tokenizer --> sources           backwards
 *     document --> corpus --> datasets --> training jobs, by the order of their batches --> checkpoints --> model versions
 */
/** Walks from service to service. */
public final class LineageWalk implements Lineages {
    private static final Pattern DOCUMENT = Pattern.compile("workspaces/[^/]+/corpora/[^/]+/documents/[^/]+");
    private static final Pattern CHECKPOINT = Pattern.compile("(?<run>.+)/checkpoints/(?<training>.+)-(?<step>[0-9]+)");

    private final Neighbour<IngestionServiceBlockingStub> ingestion;
    private final Neighbour<TokenizationServiceBlockingStub> tokenization;
    private final Neighbour<TrainingServiceBlockingStub> training;
    private final Neighbour<CheckpointServiceBlockingStub> checkpoints;
    private final Function<String, Optional<Run>> runs;

    /**
     * @param runs by their full names
     * @param deadline of each call
     */
    public LineageWalk(
            IngestionServiceBlockingStub ingestion,
            TokenizationServiceBlockingStub tokenization,
            TrainingServiceBlockingStub training,
            CheckpointServiceBlockingStub checkpoints,
            Function<String, Optional<Run>> runs,
            Duration deadline) {
        this.ingestion = new Neighbour<>("maru.ingestion", ingestion, deadline);
        this.tokenization = new Neighbour<>("maru.tokenization", tokenization, deadline);
        this.training = new Neighbour<>("maru.training", training, deadline);
        this.checkpoints = new Neighbour<>("maru.checkpoint", checkpoints, deadline);
        this.runs = runs;
    }

    @Override
    public Lineage of(String name) {
        try {
            Graph graph = new Graph();
            if (DOCUMENT.matcher(name).matches()) {
                graph.walkOn(name);
            } else {
                graph.walkBack(name);
            }
            return graph.lineage();
        } catch (StatusRuntimeException e) {
            if (Neighbour.isAway(e)) {
                List.of(ingestion, tokenization, training, checkpoints).forEach(Neighbour::connectSoon);
                throw new Refusal(NEIGHBOUR_UNAVAILABLE, name + ": nobody said what it was made of; try again", e);
            }
            throw GrpcFaults.toRefusal(e);
        }
    }

    /** One lineage on its way. */
    private final class Graph {
        private final Map<String, Node> nodes = new LinkedHashMap<>();
        private final Set<Edge> edges = new LinkedHashSet<>();
        private final Deque<String> waiting = new ArrayDeque<>();
        private final Set<String> seen = new HashSet<>();
        private List<TrainingJob> jobs;

        Lineage lineage() {
            return new Lineage(List.copyOf(nodes.values()), List.copyOf(edges));
        }

        void walkBack(String name) {
            waiting.add(name);
            while (!waiting.isEmpty()) {
                String next = waiting.remove();
                if (seen.add(next)) {
                    visit(next);
                }
            }
        }

        private void visit(String name) {
            if (ResourceName.fits(ResourceName.relative(name), "imports/{import}")) {
                visitImport(name);
                return;
            }
            switch (Role.of(name)
                    .orElseThrow(() -> NO_LINEAGE.because(
                            "name: %s (expected: a model version, a checkpoint, a dataset, a tokenizer, a corpus, or a document of one)",
                            name))) {
                case Role.MODEL -> visitModelVersion(name);
                case Role.CHECKPOINT -> visitCheckpoint(name);
                case Role.DATASET -> visitDataset(name);
                case Role.TOKENIZER -> visitTokenizer(name);
                case Role.CORPUS -> visitCorpus(name);
                default -> throw NO_LINEAGE.because("name: %s (expected: something that was made)", name);
            }
        }

        private void visitModelVersion(String name) {
            ModelVersion version = checkpoints
                    .service()
                    .getModelVersion(
                            GetModelVersionRequest.newBuilder().setName(name).build());
            seen.add(version.getName());
            add(version);
            for (String parent : version.getParentsList()) {
                made(version.getName(), parent, "");
            }
            if (!version.getTokenizer().isEmpty()) {
                made(version.getName(), version.getTokenizer(), "its tokens");
            }
        }

        private void visitImport(String name) {
            Import model = checkpoints
                    .service()
                    .getImport(GetImportRequest.newBuilder().setName(name).build());
            Map<String, String> facts = new TreeMap<>();
            facts.put("architecture", model.getArchitecture());
            facts.put("parameters", number(model.getParameters()));
            facts.put("dtype", model.getDtype());
            node(name, "import", facts);
            for (ModelFile file : model.getFilesList()) {
                String source = "sha256:" + file.getSha256();
                node(source, "source", Map.of("file", file.getFileName(), "bytes", number(file.getSize())));
                edges.add(new Edge(name, source, ""));
            }
            if (model.getSpec().hasSource()) {
                node(model.getSpec().getSource(), "source", Map.of());
                edges.add(new Edge(name, model.getSpec().getSource(), ""));
            }
        }

        private void visitCheckpoint(String name) {
            Checkpoint checkpoint = checkpoints
                    .service()
                    .getCheckpoint(
                            GetCheckpointRequest.newBuilder().setName(name).build());
            add(checkpoint);
            addRun(checkpoint.getRun());
            edges.add(new Edge(name, checkpoint.getRun(), "step " + number(checkpoint.getStep())));
            made(name, checkpoint.getDataset(), "");
            job(checkpoint.getRun(), checkpoint.getTraining()).ifPresent(job -> {
                for (DatasetShare share : job.getSpec().getMixList()) {
                    made(name, ResourceName.full("dataset", share.getDataset(), "datasets/{dataset}"), "mixed in");
                }
                if (!job.getInit().isEmpty()) {
                    made(name, job.getInit(), "its first weights");
                }
            });
        }

        private void visitDataset(String name) {
            Dataset dataset = tokenization
                    .service()
                    .getDataset(GetDatasetRequest.newBuilder().setName(name).build());
            add(dataset);
            made(name, dataset.getCorpus(), "");
            made(name, dataset.getTokenizer(), "its tokens");
        }

        private void visitTokenizer(String name) {
            Tokenizer tokenizer = tokenization
                    .service()
                    .getTokenizer(GetTokenizerRequest.newBuilder().setName(name).build());
            node(name, "tokenizer", Map.of("tokens", number(tokenizer.getTokens()), "sha256", tokenizer.getSha256()));
            if (!tokenizer.getCorpus().isEmpty()) {
                made(name, tokenizer.getCorpus(), "");
            }
        }

        private void visitCorpus(String name) {
            Corpus corpus = ingestion
                    .service()
                    .getCorpus(GetCorpusRequest.newBuilder().setName(name).build());
            add(corpus);
            for (String source : corpus.getSourcesList()) {
                node(source, "source", Map.of());
                edges.add(new Edge(name, source, ""));
            }
        }

        /** From a document to all that knows it. */
        void walkOn(String name) {
            FoundDocument document = ingestion
                    .service()
                    .findDocument(FindDocumentRequest.newBuilder().setName(name).build());
            node(
                    document.getName(),
                    "document",
                    Map.of(
                            "begins",
                            document.getExcerpt(),
                            "split",
                            document.getSplit(),
                            "shard",
                            document.getShard() + ", document " + number(document.getIndex())));
            String corpus = name.substring(0, name.lastIndexOf("/documents/"));
            add(ingestion
                    .service()
                    .getCorpus(GetCorpusRequest.newBuilder().setName(corpus).build()));
            edges.add(new Edge(corpus, document.getName(), ""));
            List<ModelVersion> versions = versions();
            Set<String> reached = new LinkedHashSet<>();
            for (Dataset dataset : datasets()) {
                if (!dataset.getCorpus().equals(corpus)) {
                    continue;
                }
                add(dataset);
                edges.add(new Edge(dataset.getName(), corpus, ""));
                training.service()
                        .traceText(TraceTextRequest.newBuilder()
                                .setDataset(dataset.getName())
                                .setShard(document.getShard())
                                .setIndex(document.getIndex())
                                .build())
                        .getUsesList()
                        .forEach(use -> reached.addAll(learnt(use, document.getName(), versions)));
            }
            passOn(reached, versions);
        }

        /** The checkpoints of a job that learnt from the document, each with the steps that held it. */
        private Set<String> learnt(TextUse use, String document, List<ModelVersion> versions) {
            Set<String> learnt = new LinkedHashSet<>();
            TrainingJob job = use.getJob();
            for (String checkpoint : checkpointsOf(job, versions)) {
                long step = step(checkpoint);
                List<Long> steps =
                        use.getStepsList().stream().filter(one -> one <= step).toList();
                if (!steps.isEmpty()) {
                    long count = step >= job.getStep() ? use.getStepCount() : steps.size();
                    learnt.add(checkpoint);
                    addCheckpoint(checkpoint);
                    edges.add(new Edge(
                            checkpoint,
                            document,
                            String.format(
                                    Locale.ROOT,
                                    "in %s of %s steps, first in step %s",
                                    number(count),
                                    number(step),
                                    number(steps.get(0)))));
                }
            }
            return learnt;
        }

        /** What was made of what learnt: versions, and jobs that began with one of them. */
        private void passOn(Set<String> reached, List<ModelVersion> versions) {
            Deque<String> fresh = new ArrayDeque<>(reached);
            while (!fresh.isEmpty()) {
                String from = fresh.remove();
                for (ModelVersion version : versions) {
                    if (version.getParentsList().contains(from)) {
                        add(version);
                        edges.add(new Edge(version.getName(), from, ""));
                        if (reached.add(version.getName())) {
                            fresh.add(version.getName());
                        }
                    }
                }
                for (TrainingJob job : jobs()) {
                    if (job.getInit().equals(from)) {
                        for (String checkpoint : checkpointsOf(job, versions)) {
                            addCheckpoint(checkpoint);
                            edges.add(new Edge(checkpoint, from, "its first weights"));
                            if (reached.add(checkpoint)) {
                                fresh.add(checkpoint);
                            }
                        }
                    }
                }
            }
        }

        /** Those that are kept, and those that a version was made of. */
        private Set<String> checkpointsOf(TrainingJob job, List<ModelVersion> versions) {
            Set<String> names = new LinkedHashSet<>();
            all(
                            token -> checkpoints
                                    .service()
                                    .listCheckpoints(ListCheckpointsRequest.newBuilder()
                                            .setRun(job.getRun())
                                            .setTraining(job.getTraining())
                                            .setPageToken(token)
                                            .build()),
                            ListCheckpointsResponse::getCheckpointsList,
                            ListCheckpointsResponse::getNextPageToken)
                    .forEach(checkpoint -> names.add(checkpoint.getName()));
            versions.stream()
                    .map(ModelVersion::getCheckpoint)
                    .filter(checkpoint -> {
                        Matcher parts = CHECKPOINT.matcher(checkpoint);
                        return parts.matches()
                                && parts.group("run").equals(job.getRun())
                                && parts.group("training").equals(job.getTraining());
                    })
                    .forEach(names::add);
            return names;
        }

        private Optional<TrainingJob> job(String run, String training) {
            return jobs().stream()
                    .filter(job -> job.getRun().equals(run) && job.getTraining().equals(training))
                    .findFirst();
        }

        private List<TrainingJob> jobs() {
            if (jobs == null) {
                jobs = all(
                        token -> training.service()
                                .listTrainingJobs(ListTrainingJobsRequest.newBuilder()
                                        .setPageToken(token)
                                        .build()),
                        ListTrainingJobsResponse::getTrainingJobsList,
                        ListTrainingJobsResponse::getNextPageToken);
            }
            return jobs;
        }

        private List<ModelVersion> versions() {
            return all(
                    token -> checkpoints
                            .service()
                            .listModelVersions(ListModelVersionsRequest.newBuilder()
                                    .setPageToken(token)
                                    .build()),
                    ListModelVersionsResponse::getModelVersionsList,
                    ListModelVersionsResponse::getNextPageToken);
        }

        private List<Dataset> datasets() {
            return all(
                            token -> tokenization
                                    .service()
                                    .listDatasets(ListDatasetsRequest.newBuilder()
                                            .setPageToken(token)
                                            .build()),
                            ListDatasetsResponse::getDatasetsList,
                            ListDatasetsResponse::getNextPageToken)
                    .stream()
                    .filter(dataset -> dataset.getState() == Dataset.State.SEALED)
                    .toList();
        }

        private void made(String name, String of, String how) {
            edges.add(new Edge(name, of, how));
            waiting.add(of);
        }

        private void node(String name, String kind, Map<String, String> facts) {
            nodes.putIfAbsent(name, new Node(name, kind, facts));
        }

        private void add(ModelVersion version) {
            Map<String, String> facts = new TreeMap<>(version.getLabelsMap());
            if (!version.getAliasesList().isEmpty()) {
                facts.put("called", String.join(", ", version.getAliasesList()));
            }
            node(version.getName(), "model version", facts);
        }

        private void add(Checkpoint checkpoint) {
            Map<String, String> facts = new TreeMap<>();
            facts.put("step", number(checkpoint.getStep()));
            facts.put("state", checkpoint.getState().name());
            if (checkpoint.getValidationLoss() != 0) {
                facts.put("validation loss", String.format(Locale.ROOT, "%.4f", checkpoint.getValidationLoss()));
            }
            node(checkpoint.getName(), "checkpoint", facts);
        }

        /** One that may be gone by now. */
        private void addCheckpoint(String name) {
            node(name, "checkpoint", Map.of("step", number(step(name))));
        }

        private void addRun(String name) {
            Map<String, String> facts = new TreeMap<>();
            runs.apply(name)
                    .ifPresent(run -> facts.put("state", run.status().state().name()));
            node(name, "run", facts);
        }

        private void add(Dataset dataset) {
            node(
                    dataset.getName(),
                    "dataset",
                    Map.of(
                            "tokens", number(dataset.getTrainTokens()),
                            "shards", number(dataset.getShards()),
                            "sha256", dataset.getManifestSha256()));
        }

        private void add(Corpus corpus) {
            node(
                    corpus.getName(),
                    "corpus",
                    Map.of(
                            "documents", number(corpus.getDocuments()),
                            "shards", number(corpus.getShards()),
                            "sha256", corpus.getManifestSha256()));
        }
    }

    /** All pages of a list, one after another. */
    private static <P, T> List<T> all(
            Function<String, P> page, Function<P, List<T>> items, Function<P, String> nextToken) {
        List<T> all = new ArrayList<>();
        String token = "";
        do {
            P next = page.apply(token);
            all.addAll(items.apply(next));
            token = nextToken.apply(next);
        } while (!token.isEmpty());
        return all;
    }

    private static long step(String checkpoint) {
        Matcher parts = CHECKPOINT.matcher(checkpoint);
        if (!parts.matches()) {
            throw new IllegalStateException(checkpoint + ": no step (expected: a checkpoint's name)");
        }
        return Long.parseLong(parts.group("step"));
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }
}
