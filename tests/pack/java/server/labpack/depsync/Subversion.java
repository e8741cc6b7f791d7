package labpack.depsync;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import labpack.log.Log;
import org.tmatesoft.svn.core.SVNCommitInfo;
import org.tmatesoft.svn.core.SVNDepth;
import org.tmatesoft.svn.core.SVNException;
import org.tmatesoft.svn.core.SVNNodeKind;
import org.tmatesoft.svn.core.SVNURL;
import org.tmatesoft.svn.core.auth.BasicAuthenticationManager;
import org.tmatesoft.svn.core.internal.io.dav.DAVRepositoryFactory;
import org.tmatesoft.svn.core.internal.io.svn.SVNRepositoryFactoryImpl;
import org.tmatesoft.svn.core.internal.wc.DefaultSVNOptions;
import org.tmatesoft.svn.core.wc.SVNClientManager;
import org.tmatesoft.svn.core.wc.SVNConflictChoice;
import org.tmatesoft.svn.core.wc.SVNConflictResult;
import org.tmatesoft.svn.core.wc.SVNRevision;
import org.tmatesoft.svn.core.wc.SVNStatus;
import org.tmatesoft.svn.core.wc.SVNStatusType;

/** The working copy of the super tenant's artifacts, by SVNKit; what it does with what it meets is procedure 3.1's. */
final class Subversion {
    private static final String TYPE = "org.wso2.carbon.deployment.synchronizer.subversion.SVNBasedArtifactRepository";

    private final File folder;
    private final SVNURL url;
    private final DefaultSVNOptions options;
    private final BasicAuthenticationManager login;
    private SVNClientManager clients;

    Subversion(File folder, String url, String user, String password, File own) throws SVNException {
        // JNA would unpack a library into tmp, for nothing that is needed here.
        System.setProperty("svnkit.useJNA", "false");
        DAVRepositoryFactory.setup();
        SVNRepositoryFactoryImpl.setup();
        this.folder = folder;
        this.url = SVNURL.parseURIEncoded(url);
        options = new DefaultSVNOptions(own, true);
        options.setConflictHandler(met -> new SVNConflictResult(SVNConflictChoice.THEIRS_FULL, met.getMergeFiles().getResultFile()));
        // The only way that 1.3, of kernel 4.2, has too.
        login = new BasicAuthenticationManager(user, password);
        clients = SVNClientManager.newInstance(options, login);
    }

    /** What failed may have left a lock in the client's own memory, which no clean-up takes away (E155004, for ever). */
    void reopen() {
        clients.dispose();
        clients = SVNClientManager.newInstance(options, login);
    }

    /** The first time a check-out, then an update; who does not commit goes back to what the repository has. */
    void update(boolean commits) throws SVNException {
        if (!new File(folder, ".svn").exists()) {
            if (commits && !exists()) {
                clients.getCommitClient().doMkDir(new SVNURL[] {url}, "Creating the tenant's directory", null, true);
            }
            Log.info(TYPE, "SVN checking out " + url);
            deleteSameNames();
            folder.mkdirs();
            clients.getUpdateClient().doCheckout(url, folder, SVNRevision.HEAD, SVNRevision.HEAD, SVNDepth.INFINITY, true);
            Log.info(TYPE, "Checked out using SVN Kit");
            return;
        }
        clients.getWCClient().doCleanup(folder);
        if (!commits) {
            clients.getWCClient().doRevert(new File[] {folder}, SVNDepth.INFINITY, null);
        }
        clients.getUpdateClient().doUpdate(new File[] {folder}, SVNRevision.HEAD, SVNDepth.INFINITY, true, false);
    }

    private boolean exists() throws SVNException {
        return clients.createRepository(url, true).checkPath("", -1) == SVNNodeKind.DIR;
    }

    /** Unversioned files that the repository has too go, so that its own come. */
    private void deleteSameNames() throws SVNException {
        clients.getLogClient().doList(url, SVNRevision.HEAD, SVNRevision.HEAD, false, true, entry -> {
            File same = new File(folder, entry.getRelativePath());
            if (entry.getKind() == SVNNodeKind.FILE && same.isFile()) {
                same.delete();
            }
        });
    }

    /** True where there was something to commit. What is missing here is deleted there. */
    boolean commit() throws SVNException {
        List<File> added = new ArrayList<>();
        List<File> gone = new ArrayList<>();
        clients.getStatusClient().doStatus(folder, SVNRevision.WORKING, SVNDepth.INFINITY, false, false, false, false,
                status -> sort(status, added, gone), null);
        for (File one : added) {
            clients.getWCClient().doAdd(one, true, false, false, SVNDepth.INFINITY, false, false);
        }
        for (File one : gone) {
            clients.getWCClient().doDelete(one, true, false, false);
        }
        SVNCommitInfo done = clients.getCommitClient().doCommit(new File[] {folder}, false,
                "Commit initiated by deployment synchronizer", null, null, false, true, SVNDepth.INFINITY);
        return done.getNewRevision() >= 0;
    }

    /** Before 1.7 SVNKit told of no node apart from its contents. */
    private static SVNStatusType statusOf(SVNStatus status) {
        try {
            return status.getNodeStatus();
        } catch (NoSuchMethodError old) {
            return status.getContentsStatus();
        }
    }

    private static void sort(SVNStatus status, List<File> added, List<File> gone) {
        File file = status.getFile();
        String name = file.getName();
        if (name.startsWith(".") || name.startsWith("~") || name.endsWith(".bk")) {
            return;
        }
        SVNStatusType is = statusOf(status);
        if (is == SVNStatusType.STATUS_UNVERSIONED) {
            added.add(file);
        } else if (is == SVNStatusType.STATUS_MISSING) {
            gone.add(file);
        }
    }
}
