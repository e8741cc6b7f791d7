package labpack.depsync;

import java.util.Random;
import java.util.UUID;
import labpack.conf.ServerConf;
import labpack.conf.Switches;
import labpack.core.spi.Messages;
import labpack.log.Log;

/** Every 15 s: an update where one is asked for or overdue, then, on the one that commits, a commit and a message to the others. */
final class Synchronizer {
    private static final String TYPE = "org.wso2.carbon.core.deployment.SynchronizeRepositoryRequest";
    private static final String TASK = "org.wso2.carbon.core.deployment.CarbonDeploymentSchedulerTask";
    private static final String REQUEST = "SynchronizeRepositoryRequest{tenantId=-1234, tenantDomain='carbon.super', messageId=";

    private final Subversion client;
    private final boolean commits;
    private final boolean checksOut;
    private final Random random = new Random();
    private volatile boolean asked;
    private long overdue;
    private Thread thread;

    Synchronizer(Subversion client, boolean commits, boolean checksOut) {
        this.client = client;
        this.commits = commits;
        this.checksOut = checksOut;
    }

    /** The first check-out is part of the start; what fails then is tried again with each look. */
    void begin() throws Exception {
        Messages.listen(text -> {
            if (text.startsWith(REQUEST)) {
                Log.info(TYPE, "Received [" + text + "]");
                asked = true;
            }
        });
        asked = true;
        look();
        long every = Switches.millis("scan.interval", ServerConf.get().updateInterval * 1000L);
        thread = new Thread(() -> {
            try {
                while (true) {
                    Thread.sleep(every);
                    look();
                }
            } catch (InterruptedException end) {
                Thread.currentThread().interrupt();
            }
        }, "depsync");
        thread.setDaemon(true);
        thread.start();
    }

    void end() {
        if (thread != null) {
            thread.interrupt();
        }
    }

    private void look() {
        try {
            if (checksOut && (asked || System.currentTimeMillis() > overdue)) {
                // One that comes while this one runs asks for another.
                asked = false;
                client.update(commits);
                // Between 300 and 900 s (procedure 1.4).
                overdue = System.currentTimeMillis() + Switches.millis("depsync.mandatory", 300_000 + random.nextInt(600_000));
            }
            if (commits && client.commit()) {
                String request = REQUEST + UUID.randomUUID() + "}";
                if (Messages.send(request)) {
                    Log.info(TASK, "Sent [" + request + "]");
                }
            }
        } catch (Exception failed) {
            Log.error("org.wso2.carbon.deployment.synchronizer.subversion.SVNBasedArtifactRepository",
                    "Error while talking to the SVN repository: " + failed.getMessage(), null);
            client.reopen();
            asked = true;
        }
    }
}
