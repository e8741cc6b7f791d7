package labpack.synapse;

import java.io.File;
import java.util.HashMap;
import java.util.Map;
import labpack.conf.ServerConf;
import labpack.conf.Xml;
import labpack.core.spi.Scanner;
import labpack.core.spi.Services;
import labpack.log.Log;
import org.w3c.dom.Element;

/** Hot deployment of one kind of synapse artifact; its lines are those of real-run 6. */
public final class ArtifactDeployer implements Scanner.Watcher {
    private final boolean api;
    private final String type;
    private final String word;
    private final String prefix;
    private final Map<String, String[]> known = new HashMap<>();
    private final Scanner scanner;

    public ArtifactDeployer(boolean api) throws Exception {
        this(api, ServerConf.get().deployment(), "");
    }

    /** Of the APIs below a folder, served below a prefix: a tenant's. */
    public ArtifactDeployer(File top, String prefix) {
        this(true, top, prefix);
    }

    private ArtifactDeployer(boolean api, File top, String prefix) {
        this.api = api;
        this.prefix = prefix;
        this.type = api ? "org.apache.synapse.deployers.APIDeployer" : "org.apache.synapse.deployers.ProxyServiceDeployer";
        this.word = api ? "API" : "ProxyService";
        File folder = new File(top, "synapse-configs/default/" + (api ? "api" : "proxy-services"));
        this.scanner = new Scanner(folder, ".xml", this);
    }

    public void begin() throws Exception {
        scanner.begin();
    }

    public void end() {
        scanner.end();
    }

    @Override
    public void changed(File file, Scanner.What what) {
        String[] before = known.remove(file.getName());
        if (before != null) {
            take(before[1]);
        }
        if (what == Scanner.What.GONE) {
            if (before != null) {
                Log.info(type, word + " named '" + before[0] + "' has been undeployed");
            }
            return;
        }
        try {
            Element root = Xml.read(file);
            String name = root.getAttribute("name");
            String context = root.getAttribute("context");
            String key = api ? prefix + context : name;
            if (name.isEmpty() || api && context.isEmpty()) {
                throw new IllegalArgumentException("no name or context in " + file);
            }
            String[] answer = Synapse.answer(root);
            if (api) {
                Synapse.put(key, answer);
            } else {
                Services.put(key, e -> e.answer(200, answer[0], answer[1]));
            }
            known.put(file.getName(), new String[] {name, key});
            Log.info(type, before == null
                    ? word + " named '" + name + "' has been deployed from file : " + file.getPath()
                    : word + ": " + name + " has been updated from the file: " + file.getPath());
        } catch (Exception broken) {
            Log.error(type, word + " Deployment from the file : " + file.getPath() + " : Failed.", broken);
            Log.error("org.apache.synapse.deployers.AbstractSynapseArtifactDeployer",
                    "The file has been backed up into : NO_BACKUP_ON_WORKER.INFO", null);
        }
    }

    private void take(String key) {
        if (api) {
            Synapse.remove(key);
        } else {
            Services.remove(key);
        }
    }
}
